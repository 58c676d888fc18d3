import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { AEAD_BYTES, decrypt, encrypt } from '../../src/lib/aead.ts'

const KEY = randomBytes(32)
const AAD = Buffer.from('where it belongs')
const TEXT = Buffer.from('a secret')

test('what was encrypted opens with the same key in the same place', () => {
  const sealed = encrypt(KEY, AAD, TEXT)
  assert.equal(sealed.length, TEXT.length + AEAD_BYTES)
  assert.deepEqual(decrypt(KEY, AAD, sealed), TEXT)
  assert.deepEqual(decrypt(KEY, AAD, encrypt(KEY, AAD, Buffer.alloc(0))), Buffer.alloc(0))
})

test('the same text looks different each time', () => {
  assert.notDeepEqual(encrypt(KEY, AAD, TEXT), encrypt(KEY, AAD, TEXT))
})

test('nothing opens with another key, in another place, or with any bit or byte changed', () => {
  const sealed = encrypt(KEY, AAD, TEXT)
  assert.equal(decrypt(randomBytes(32), AAD, sealed), null)
  assert.equal(decrypt(KEY, Buffer.from('elsewhere'), sealed), null)
  for (const place of sealed.keys()) {
    const changed = Buffer.from(sealed)
    changed[place] = (changed[place] ?? 0) ^ 1
    assert.equal(decrypt(KEY, AAD, changed), null, `byte ${place}`)
    assert.equal(decrypt(KEY, AAD, sealed.subarray(0, place)), null, `${place} bytes alone`)
  }
})
