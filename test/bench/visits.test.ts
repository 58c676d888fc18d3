import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { forge } from '../../bench/visits.ts'
import { createKey } from '../../src/lib/key-ring.ts'
import { isOurToken, mintToken } from '../../src/lib/tokens.ts'

test('a forged cookie is well-formed, and only its HMAC is wrong', () => {
  const key = createKey(1, randomBytes(32))
  const ring = { minting: key, byId: new Map([[1, key]]) }
  for (let turn = 0; turn < 100; turn++) {
    const token = mintToken(ring, 'portal')
    const forged = forge(`__Host-postern=${token}`).slice('__Host-postern='.length)
    const [body, forgedBody] = [token, forged].map((text) => Buffer.from(text.slice(5), 'base64url'))
    assert.equal(isOurToken(ring, 'portal', token), true)
    assert.equal(isOurToken(ring, 'portal', forged), false)
    assert.equal(forgedBody?.toString('base64url'), forged.slice(5))
    assert.deepEqual(forgedBody?.subarray(0, 24), body?.subarray(0, 24))
  }
})
