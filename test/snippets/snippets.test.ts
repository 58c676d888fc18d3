import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { OURS } from '../../src/snippets/site.ts'
import type { SnippetApp } from '../../src/snippets/site.ts'
import { SNIPPETS } from '../../src/snippets/snippets.ts'
import { siteWith, WIKI } from './sample.ts'

const DOCS = join(import.meta.dirname, '../../docs/proxies')
const SHIPPED_INCLUDES = join(import.meta.dirname, '../../nginx/postern')
const YAML = Object.keys(SNIPPETS).filter((proxy) => !['nginx', 'caddy', 'haproxy', 'apache'].includes(proxy))
const SIDE = { ...WIKI, name: 'side.app', port: 8443, hosts: ['*.side.example.com'] } as const
const PLAIN = { ...WIKI, name: 'plain', scheme: 'http', port: 80, own: [], hosts: ['plain.example.com'] } as const

function written(proxy: string, ...apps: readonly SnippetApp[]): string {
  return SNIPPETS[proxy]?.write(siteWith(...apps)) ?? ''
}

for (const proxy of Object.keys(SNIPPETS)) {
  test(`${proxy}: every header that tells of a visitor is cleared and set, and ours are kept out`, () => {
    const includes =
      proxy === 'nginx'
        ? ['protect.conf', 'verify.conf'].map((name) => readFileSync(join(SHIPPED_INCLUDES, name), 'utf8'))
        : []
    const text = [written(proxy, WIKI), ...includes].join('\n').toLowerCase()
    for (const name of WIKI.identity) {
      const count = text.split(new RegExp(`\\b${name.toLowerCase()}\\b(?!-)`)).length - 1
      assert.ok(count >= (proxy === 'ingress-nginx' || proxy === 'ngf' ? 1 : 2), `${name} stands there ${count} times`)
    }
    for (const name of OURS) assert.ok(text.includes(name.toLowerCase()), name)
  })

  test(`${proxy}: the verify URL names the app, and the portal has its place`, () => {
    const text = written(proxy, WIKI, SIDE)
    for (const name of ['wiki', 'side.app']) {
      assert.match(text, new RegExp(`/verify/[a-z-]+/app/${name}\\b|lua\\.postern ${name} |POSTERN_APP=${name}\\b`))
    }
    assert.ok(text.includes('/.postern') || text.includes('include postern/portal.conf'))
    assert.doesNotMatch(text, /undefined|\[object|NaN/)
  })
}

for (const proxy of YAML) {
  test(`${proxy}: what is printed is YAML without a key that stands there twice`, () => {
    const documents = parseAllDocuments(written(proxy, WIKI, SIDE, PLAIN))
    assert.ok(Array.isArray(documents))
    for (const document of documents) assert.deepEqual([...document.errors, ...document.warnings], [])
    const names = documents.map((document) => document.toJS() as { kind?: string; metadata?: { name?: string } })
    const resources = names
      .filter(({ kind }) => kind !== undefined)
      .map(({ kind, metadata }) => `${kind} ${metadata?.name}`)
    assert.equal(new Set(resources).size, resources.length)
    for (const { metadata } of names)
      if (metadata !== undefined) assert.match(metadata.name ?? '', /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
  })
}

for (const proxy of ['nginx', 'caddy', 'haproxy', 'apache']) {
  test(`${proxy}: its page shows what is printed`, () => {
    const page = readFileSync(join(DOCS, `${proxy}.md`), 'utf8')
    assert.ok(page.includes(`\n${written(proxy, WIKI)}\n\`\`\`\n`), 'the page is not what the command prints')
  })
}

test('a wildcard is one label, whatever the proxy', () => {
  assert.match(written('nginx', SIDE), /server_name ~\^\[a-z0-9-\]\+\\\.side\\\.example\\\.com\$;/)
  assert.match(written('haproxy', SIDE), /-m reg \^\[a-z0-9-\]\+\\\.side\\\.example\\\.com\$/)
  assert.match(written('traefik', SIDE), /HostRegexp\(`\^\[a-z0-9-\]\+\\\.side\\\.example\\\.com\$`\)/)
})

test('an app without TLS is given none', () => {
  assert.doesNotMatch(written('nginx', PLAIN), /ssl_|443/)
  assert.doesNotMatch(written('haproxy', PLAIN), /ssl crt|443/)
  assert.doesNotMatch(written('apache', PLAIN), /SSL|443/)
  assert.match(written('caddy', PLAIN), /^http:\/\/plain\.example\.com \{$/m)
})

test('more headers than a route can clear are refused rather than left out', () => {
  const many = Array.from({ length: 8 }, (_, place) => `X-Own-${place}`)
  const app = { ...WIKI, own: many, identity: [...WIKI.identity, ...many] }
  for (const proxy of ['gateway-api', 'ngf']) assert.throws(() => written(proxy, app), /16 headers at most/)
})
