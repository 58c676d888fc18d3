import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { publicJwk } from '../../src/lib/jwt.ts'
import { createAssertionSigner } from '../../src/verify/assertion.ts'
import { ringOf, visitor } from './visitor.ts'

const NOW_MS = 1_700_000_000_750
const KEYS = ringOf(1, 2)
const SIGN = createAssertionSigner(KEYS, new URL('https://auth.example.com'))

/** By hand, and by the key that is minting. */
function claimsOf(assertion: string): Record<string, unknown> {
  const [header = '', payload = '', signature = ''] = assertion.split('.')
  const jwk = publicJwk(KEYS.minting.bytes)
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'EdDSA', typ: 'JWT', kid: jwk.kid })
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

test('an assertion says who is asking, for which app, and for how long', () => {
  const principal = visitor({ name: 'Zoë 李' })
  const { jti, ...claims } = claimsOf(SIGN({ appName: 'wiki', principal, roles: ['staff'], nowMs: NOW_MS }))
  assert.match(String(jti), /^[\w-]{22}$/)
  assert.deepEqual(claims, {
    iss: 'https://auth.example.com',
    aud: 'wiki',
    sub: principal.userId,
    login: 'alice',
    email: 'alice@example.com',
    name: 'Zoë 李',
    roles: ['staff'],
    amr: ['pwd'],
    iat: 1_700_000_000,
    exp: 1_700_000_060,
  })
})

test('no two assertions have the same number', () => {
  const subject = { appName: 'wiki', principal: visitor(), roles: [], nowMs: NOW_MS }
  assert.notEqual(claimsOf(SIGN(subject))['jti'], claimsOf(SIGN(subject))['jti'])
})

test('the issuer is the public URL with its path and without a last slash', () => {
  const sign = createAssertionSigner(KEYS, new URL('https://app.example.com:8443/.postern'))
  const { iss } = claimsOf(sign({ appName: 'wiki', principal: visitor(), roles: [], nowMs: NOW_MS }))
  assert.equal(iss, 'https://app.example.com:8443/.postern')
})

test('factors are told in the words of RFC 8176, mfa where there is more than one', () => {
  const cases = [
    [{}, []],
    [{ password: 1 }, ['pwd']],
    [{ webauthn: 1 }, ['pop']],
    [{ totp: 2, password: 1 }, ['pwd', 'otp', 'mfa']],
    [{ recovery: 2, totp: 2, password: 1 }, ['pwd', 'otp', 'mfa']],
  ] as const
  for (const [factors, expected] of cases) {
    const subject = { appName: 'wiki', principal: visitor({ factors }), roles: [], nowMs: NOW_MS }
    assert.deepEqual(claimsOf(SIGN(subject))['amr'], expected)
  }
})
