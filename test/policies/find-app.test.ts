import assert from 'node:assert/strict'
import test from 'node:test'
import { readHost } from '../../src/lib/host.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { findApp } from '../../src/policies/find-app.ts'
import { policyOf } from './fixture.ts'

const APPS = policyOf(`
version: 1
apps:
  - { name: wiki, hosts: [wiki.test, '*.wiki.test'], rules: [] }
  - { name: special, hosts: [special.wiki.test], rules: [] }
  - { name: files, hosts: [files.test], port: 8443, rules: [] }
  - { name: plain, hosts: [plain.test, 127.0.0.1, '[::1]'], scheme: http, rules: [] }
  - { name: one, hosts: [many.test], port: 8001, rules: [] }
  - { name: two, hosts: [many.test], port: 8002, rules: [] }
  - { name: odd, hosts: [odd.wiki.test], port: 9000, rules: [] }
`)

const FOUND: readonly [host: string, appName: string | null, found: string][] = [
  ['wiki.test', null, 'wiki'],
  ['WIKI.test.:443', null, 'wiki'],
  ['wiki.test:80', null, 'refuse bad_host'],
  ['wiki.test:8443', null, 'refuse bad_host'],
  ['a.wiki.test', null, 'wiki'],
  ['a.b.wiki.test', null, 'forbid unknown_host'],
  ['special.wiki.test', null, 'special'],
  ['x.special.wiki.test', null, 'forbid unknown_host'],
  ['files.test', null, 'files'],
  ['files.test:8443', null, 'files'],
  ['files.test:443', null, 'files'],
  ['files.test:80', null, 'refuse bad_host'],
  ['plain.test:80', null, 'plain'],
  ['plain.test:443', null, 'refuse bad_host'],
  ['127.0.0.1', null, 'plain'],
  ['[::1]:80', null, 'plain'],
  ['[0:0::1]', null, 'plain'],
  ['127.0.0.2', null, 'forbid unknown_host'],
  ['localhost', null, 'forbid unknown_host'],
  ['many.test', null, 'refuse ambiguous_host'],
  ['many.test:8001', null, 'one'],
  ['many.test:8002', null, 'two'],
  ['many.test:443', null, 'refuse ambiguous_host'],
  ['many.test:8003', null, 'refuse bad_host'],
  ['odd.wiki.test', null, 'refuse ambiguous_host'],
  ['odd.wiki.test:443', null, 'wiki'],
  ['odd.wiki.test:9000', null, 'odd'],
  ['evilwiki.test', null, 'forbid unknown_host'],
  ['wiki.test.evil.test', null, 'forbid unknown_host'],
  ['test', null, 'forbid unknown_host'],
  ['wiki.test', 'wiki', 'wiki'],
  ['a.wiki.test', 'wiki', 'wiki'],
  ['a.b.wiki.test', 'wiki', 'refuse wrong_app'],
  ['special.wiki.test', 'wiki', 'wiki'],
  ['files.test', 'wiki', 'refuse wrong_app'],
  ['wiki.test:8443', 'wiki', 'refuse wrong_app'],
  ['files.test:443', 'files', 'files'],
  ['many.test', 'two', 'two'],
  ['many.test:8001', 'two', 'refuse wrong_app'],
  ['many.test:443', 'two', 'two'],
  ['wiki.test', 'nothing', 'refuse wrong_app'],
  ['wiki.test', '__proto__', 'refuse wrong_app'],
  ['wiki.test', '', 'refuse wrong_app'],
]

for (const [host, appName, found] of FOUND) {
  test(`${host} ${appName === null ? 'without a named app' : `for "${appName}"`} is ${found}`, () => {
    assert.equal(find(APPS, host, appName), found)
  })
}

test('HOST-11: names that only look like an app host are unknown', () => {
  for (const host of ['evilwiki.test', 'wiki.test.evil.test', 'test', 'notwiki.test', 'wiki-test']) {
    assert.equal(find(APPS, host, null), 'forbid unknown_host', host)
  }
})

test("an origin names the port only where it is not the scheme's own", () => {
  const origins = ['wiki', 'files', 'plain'].map((name) => APPS.apps.get(name)?.origin('host.test'))
  assert.deepEqual(origins, ['https://host.test', 'https://host.test:8443', 'http://host.test'])
  const same = policyOf('{ version: 1, apps: [{ name: a, hosts: [a.test], port: 443, rules: [] }] }')
  assert.equal(same.apps.get('a')?.origin('a.test'), 'https://a.test')
})

test('RULE-02: a policy without apps forbids every host', () => {
  const policy = policyOf('{ version: 1, apps: [] }')
  assert.equal(find(policy, 'wiki.test', null), 'forbid unknown_host')
})

function find(policy: CompiledPolicy, text: string, appName: string | null): string {
  const host = readHost(text)
  if (host === null) return 'unreadable'
  const found = findApp(policy, host, appName)
  return 'kind' in found ? `${found.kind} ${found.reason}` : found.name
}
