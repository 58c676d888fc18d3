import assert from 'node:assert/strict'
import test from 'node:test'
import { assetHeaders, portalHeaders } from '../../src/web/security-headers.ts'

test('a portal reply may load only our own files and is never framed, guessed at or stored', () => {
  const headers = portalHeaders({ secure: true })
  assert.deepEqual(directives(headers['content-security-policy']), {
    'default-src': "'none'",
    'style-src': "'self'",
    'img-src': "'self'",
    'form-action': "'self'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  })
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
})

test('a page with a script loads our own files and asks our own origin, and makes no script of text', () => {
  const policy = directives(portalHeaders({ secure: true, scripted: true })['content-security-policy'])
  assert.equal(policy['default-src'], "'none'")
  assert.equal(policy['script-src'], "'self'")
  assert.equal(policy['connect-src'], "'self'")
  assert.equal(policy['require-trusted-types-for'], "'script'")
})

test('a form may also end at the origins that its page names', () => {
  const formTargets = ['https://wiki.example.com', 'http://localhost:9080', 'https://[::1]:8443']
  const policy = portalHeaders({ secure: true, formTargets })['content-security-policy']
  assert.equal(directives(policy)['form-action'], `'self' ${formTargets.join(' ')}`)
})

test('a form target that is no origin is refused rather than written into the policy', () => {
  for (const target of [
    '*',
    "'unsafe-inline'",
    'https://a;b',
    'https://a b',
    'https://a/',
    'https://*.a',
    'ftp://a',
    '',
  ]) {
    assert.throws(() => portalHeaders({ secure: true, formTargets: [target] }), TypeError)
  }
})

test('browsers are told to stay with https only where the public URL is https', () => {
  assert.match(portalHeaders({ secure: true })['strict-transport-security'] ?? '', /^max-age=31536000$/)
  assert.equal('strict-transport-security' in portalHeaders({ secure: false }), false)
})

test('an asset may be kept for a year', () => {
  assert.equal(assetHeaders(false)['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(assetHeaders(false)['x-content-type-options'], 'nosniff')
})

function directives(policy: string | undefined): Record<string, string> {
  const entries = (policy ?? '').split('; ').map((directive) => directive.split(' '))
  return Object.fromEntries(entries.map(([name = '', ...values]) => [name, values.join(' ')]))
}
