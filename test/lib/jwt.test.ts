import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { createJwtSigner, publicJwk } from '../../src/lib/jwt.ts'

/** RFC 8037, appendix A.1 to A.3. */
const SEED = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url')
const X = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
const KID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'

test('the public key and its thumbprint are those of RFC 8037, and nothing of the private one is told', () => {
  assert.deepEqual(publicJwk(SEED), { kty: 'OKP', crv: 'Ed25519', x: X, kid: KID, alg: 'EdDSA', use: 'sig' })
})

test('a token is three parts that the public key alone verifies', () => {
  const claims = { sub: 'Zoë 李', n: 1 }
  const [header = '', payload = '', signature = '', ...rest] = createJwtSigner(SEED).sign(claims).split('.')
  assert.deepEqual(rest, [])
  for (const part of [header, payload, signature]) assert.match(part, /^[A-Za-z0-9_-]+$/)
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'EdDSA', typ: 'JWT', kid: KID })
  assert.deepEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()), claims)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: X }, format: 'jwk' })
  const bytes = Buffer.from(signature, 'base64url')
  assert.ok(verify(null, Buffer.from(`${header}.${payload}`), key, bytes))
  assert.ok(!verify(null, Buffer.from(`${header}.${payload}A`), key, bytes))
})

test('another seed has another key and another kid', () => {
  const other = publicJwk(Buffer.alloc(32, 1))
  assert.notEqual(other.x, X)
  assert.notEqual(other.kid, KID)
})
