import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { createJwtSigner, publicJwk } from '../../src/lib/jwt.ts'
import { createAssertionSigner } from '../../src/verify/assertion.ts'
import { ringOf, visitor } from './visitor.ts'

interface Expectation {
  readonly keys: readonly object[]
  readonly issuer: string
  readonly app: string
  readonly now?: number
}
type ReadAssertion = (assertion: unknown, expected: Expectation) => Readonly<Record<string, unknown>> | null

const ISSUER = 'https://auth.example.com'
const NOW_MS = 1_700_000_000_000
const KEYS = ringOf(1, 2)
const EXPECTED = {
  keys: [...KEYS.byId.values()].map(({ bytes }) => publicJwk(bytes)),
  issuer: ISSUER,
  app: 'wiki',
  now: NOW_MS,
}
const SIGN = createAssertionSigner(KEYS, new URL(ISSUER))
const SUBJECT = { appName: 'wiki', principal: visitor(), roles: ['staff'], nowMs: NOW_MS }
const ASSERTION = SIGN(SUBJECT)
const [HEADER = '', PAYLOAD = '', SIGNATURE = ''] = ASSERTION.split('.')

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

suite('the sample of docs/assertion.md', () => {
  let readAssertion: ReadAssertion
  before(async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/assertion.md'), 'utf8')
    const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? []
    const sample = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      readAssertion: ReadAssertion
    }
    readAssertion = sample.readAssertion
  })

  test('takes an assertion of a minting key and of one that is retired', () => {
    assert.equal(readAssertion(ASSERTION, EXPECTED)?.['login'], 'alice')
    const retired = createAssertionSigner(ringOf(1), new URL(ISSUER))
    assert.equal(readAssertion(retired(SUBJECT), EXPECTED)?.['login'], 'alice')
  })

  test('HDR-19: refuses alg none, and a signature by HMAC with the public key', () => {
    const [jwk] = EXPECTED.keys
    const { kid } = publicJwk(KEYS.minting.bytes)
    for (const alg of ['none', 'None', 'HS256', 'RS256', '', undefined]) {
      const header = encode({ alg, typ: 'JWT', kid })
      const mac = createHmac('sha256', jwk?.x ?? '')
        .update(`${header}.${PAYLOAD}`)
        .digest('base64url')
      for (const signature of ['', SIGNATURE, mac]) {
        assert.equal(readAssertion(`${header}.${PAYLOAD}.${signature}`, EXPECTED), null, alg)
      }
    }
  })

  test('HDR-19: refuses another alg even where the signature is by our key', () => {
    const { x, kid } = publicJwk(KEYS.minting.bytes)
    const d = KEYS.minting.bytes.toString('base64url')
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' })
    const signed = (alg: string): string => {
      const text = `${encode({ alg, typ: 'JWT', kid })}.${PAYLOAD}`
      return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`
    }
    assert.notEqual(readAssertion(signed('EdDSA'), EXPECTED), null)
    for (const alg of ['none', 'HS256', 'eddsa']) assert.equal(readAssertion(signed(alg), EXPECTED), null, alg)
  })

  test('HDR-19: refuses an assertion of which anything was changed', () => {
    const claims = JSON.parse(Buffer.from(PAYLOAD, 'base64url').toString()) as object
    const admin = encode({ ...claims, login: 'admin' })
    const flipped = Buffer.from(SIGNATURE, 'base64url').map((byte, place) => (place === 40 ? byte ^ 1 : byte))
    const tampered = [
      `${HEADER}.${admin}.${SIGNATURE}`,
      `${HEADER}.${PAYLOAD}.${Buffer.from(flipped).toString('base64url')}`,
      `${HEADER}.${PAYLOAD}.${SIGNATURE.slice(0, -4)}`,
      `${HEADER}.${PAYLOAD}`,
      `${HEADER}.${PAYLOAD}.`,
      `${ASSERTION}.${SIGNATURE}`,
      `${PAYLOAD}.${PAYLOAD}.${SIGNATURE}`,
    ]
    for (const assertion of tampered) assert.equal(readAssertion(assertion, EXPECTED), null, assertion)
  })

  test('HDR-19: refuses what was made for another app, by another issuer, or with a key that is not ours', () => {
    assert.equal(readAssertion(SIGN({ ...SUBJECT, appName: 'other' }), EXPECTED), null)
    assert.equal(readAssertion(ASSERTION, { ...EXPECTED, issuer: 'https://evil.example.com' }), null)
    assert.equal(readAssertion(createAssertionSigner(ringOf(3), new URL(ISSUER))(SUBJECT), EXPECTED), null)
    assert.equal(readAssertion(ASSERTION, { ...EXPECTED, keys: [] }), null)
  })

  test('HDR-19: takes an assertion for 60 s and no longer', () => {
    assert.notEqual(readAssertion(ASSERTION, { ...EXPECTED, now: NOW_MS + 59_999 }), null)
    assert.equal(readAssertion(ASSERTION, { ...EXPECTED, now: NOW_MS + 60_000 }), null)
    const { bytes } = KEYS.minting
    const forever = createJwtSigner(bytes).sign({ iss: ISSUER, aud: 'wiki', login: 'alice' })
    assert.equal(readAssertion(forever, EXPECTED), null)
  })

  test('takes nothing for nobody', () => {
    for (const assertion of ['', '.', '..', 'a.b.c', 'null', undefined, null, 1]) {
      assert.equal(readAssertion(assertion, EXPECTED), null)
    }
  })
})
