import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAssertion, readAttestation } from '../../src/credentials/webauthn-answer.ts'
import { createAuthenticator } from '../support/authenticator.ts'

const SITE = { origin: 'https://auth.example.com', rpId: 'auth.example.com' }

test('whatever comes is read or refused, and never throws', () => {
  const right = createAuthenticator(SITE).get('AAAA')
  const part = fc.oneof(
    fc.anything(),
    fc.constant('AAAA'),
    fc.constant('e30'),
    fc.constant('bnVsbA'),
    fc.base64String(),
  )
  const names = ['clientDataJSON', 'authenticatorData', 'signature', 'attestationObject', 'userHandle', 'transports']
  const response = fc.dictionary(fc.constantFrom(...names), part)
  const answer = fc.record({ id: part, rawId: part, type: fc.constantFrom('public-key', 'x'), response })
  const bent = response.map((parts) => ({ ...right, response: { ...right.response, ...parts } }))
  fc.assert(
    fc.property(fc.oneof(fc.anything(), answer, bent), (given) => {
      for (const read of [readAssertion(given), readAttestation(given)]) {
        if (read === null) continue
        for (const value of Object.values(read.parts)) assert.match(value, /^[A-Za-z0-9_-]*$/)
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a key that keeps no user tells none, however a browser writes that', () => {
  const right = createAuthenticator(SITE).get('AAAA')
  for (const userHandle of [undefined, null, '']) {
    const read = readAssertion({ ...right, response: { ...right.response, userHandle } })
    assert.equal(Object.hasOwn(read?.parts ?? { userHandle }, 'userHandle'), false)
  }
})
