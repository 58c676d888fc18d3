import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchTotpStep, totpCode, totpKeyText, totpUri } from '../../src/credentials/totp-code.ts'

const KEY = Buffer.from('12345678901234567890')
/** RFC 6238, appendix B, the rows of SHA-1. */
const VECTORS = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const
/** RFC 4226, appendix D. */
const HOTP = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ')

test('the vectors of RFC 6238 and RFC 4226', () => {
  for (const [seconds, code] of VECTORS) assert.equal(totpCode(KEY, Math.floor(seconds / 30), 8), code)
  HOTP.forEach((code, step) => assert.equal(totpCode(KEY, step), code))
})

test('a code belongs to its step while that is the present one or a neighbour', () => {
  const step = 41_152_263
  const code = totpCode(KEY, step)
  const around = [-2, -1, 0, 1, 2].map((steps) => matchTotpStep(KEY, code, (step + steps) * 30_000))
  assert.deepEqual(around, [null, step, step, step, null])
})

test('MFA-19: with a clock that is wrong by 90 s a code is refused, by 30 s it is not', () => {
  const now = 1_234_567_890_000
  const code = totpCode(KEY, Math.floor(now / 30_000))
  for (const wrongBy of [90_000, -90_000]) assert.equal(matchTotpStep(KEY, code, now + wrongBy), null)
  for (const wrongBy of [30_000, -30_000]) assert.notEqual(matchTotpStep(KEY, code, now + wrongBy), null)
  assert.equal(matchTotpStep(KEY, '000000', 0), null)
})

test('keys are told in Base32 as RFC 4648 has it', () => {
  const vectors = { f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' }
  for (const [text, base32] of Object.entries(vectors)) assert.equal(totpKeyText(Buffer.from(text)), base32)
})

test('the address for authenticator apps keeps issuer and account apart, whatever they hold', () => {
  const uri = new URL(totpUri({ key: KEY, issuer: 'auth.example.com', account: 'a:b/c?d&e' }))
  assert.equal(uri.pathname, '/auth.example.com:a%3Ab%2Fc%3Fd%26e')
  assert.deepEqual(Object.fromEntries(uri.searchParams), { secret: totpKeyText(KEY), issuer: 'auth.example.com' })
})
