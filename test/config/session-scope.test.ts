import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { isInDomain } from '../../src/config/values.ts'
import type { Environment } from '../../src/config/settings.ts'

const OWN = { POSTERN_PUBLIC_URL: 'https://auth.example.com' }
const DOMAIN = { ...OWN, POSTERN_SESSION_SCOPE: 'domain' }

const refused: readonly (readonly [what: string, environment: Environment, settings: readonly string[]])[] = [
  ['a path of another kind', { POSTERN_PUBLIC_URL: 'https://app.example.com/auth' }, ['POSTERN_PUBLIC_URL']],
  ['a portal host of its own in proxy mode', { ...OWN, POSTERN_UPSTREAM: 'demo' }, ['POSTERN_PUBLIC_URL']],
  ['the scope domain without a domain', DOMAIN, ['POSTERN_COOKIE_DOMAIN']],
  ['a domain without its scope', { ...OWN, POSTERN_COOKIE_DOMAIN: 'example.com' }, ['POSTERN_COOKIE_DOMAIN']],
  ['another domain', { ...DOMAIN, POSTERN_COOKIE_DOMAIN: 'example.org' }, ['POSTERN_COOKIE_DOMAIN']],
  ['a domain that only ends alike', { ...DOMAIN, POSTERN_COOKIE_DOMAIN: 'uth.example.com' }, ['POSTERN_COOKIE_DOMAIN']],
  ['a host below the portal', { ...DOMAIN, POSTERN_COOKIE_DOMAIN: 'a.auth.example.com' }, ['POSTERN_COOKIE_DOMAIN']],
  ...[
    'com',
    'localhost',
    '.example.com',
    'example.com.',
    'example.com:443',
    '10.0.0.1',
    '[::1]',
    'a b.com',
    '*.example.com',
  ].map(
    (domain) =>
      [`${domain} as domain`, { ...DOMAIN, POSTERN_COOKIE_DOMAIN: domain }, ['POSTERN_COOKIE_DOMAIN']] as const,
  ),
  ['another word for the scope', { ...OWN, POSTERN_SESSION_SCOPE: 'site' }, ['POSTERN_SESSION_SCOPE']],
]
for (const [what, environment, settings] of refused) {
  test(`the start is refused for ${what}`, () => {
    const loaded = loadConfig(environment, () => '')
    assert.ok(!('config' in loaded))
    assert.deepEqual(
      loaded.map(({ sentence }) => sentence.split(/[ =]/)[0]),
      settings,
    )
  })
}

const accepted: readonly (readonly [what: string, environment: Environment, domain: string | null])[] = [
  ['a portal on a host of its own', OWN, null],
  ['the same with a slash', { POSTERN_PUBLIC_URL: 'https://auth.example.com/' }, null],
  ["a portal on an app's host", { POSTERN_PUBLIC_URL: 'https://app.example.com/.postern' }, null],
  ['a shared domain', { ...DOMAIN, POSTERN_COOKIE_DOMAIN: 'Example.com' }, 'example.com'],
  ["the portal's host as the domain", { ...DOMAIN, POSTERN_COOKIE_DOMAIN: 'auth.example.com' }, 'auth.example.com'],
]
for (const [what, environment, domain] of accepted) {
  test(`the start takes ${what}`, () => {
    const loaded = loadConfig(environment, () => '')
    assert.ok('config' in loaded)
    assert.equal(loaded.config.cookieDomain, domain)
  })
}

test('a domain holds itself and what is below it, by whole labels', () => {
  const held = ['example.com', 'a.example.com', 'a.b.example.com']
  const others = ['aexample.com', 'example.com.evil.test', 'com', 'example.org', '']
  assert.ok(held.every((host) => isInDomain(host, 'example.com')))
  assert.ok(!others.some((host) => isInDomain(host, 'example.com')))
})
