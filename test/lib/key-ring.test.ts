import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { deriveKey } from '../../src/lib/key-ring.ts'
import { key } from './rings.ts'

test('a derived key is always the same for one secret and one use', () => {
  const { bytes } = key(1)
  assert.deepEqual(deriveKey(bytes, 'form tokens'), deriveKey(bytes, 'form tokens'))
  assert.equal(
    deriveKey('secret', 'key wrapping').toString('hex'),
    deriveKey(Buffer.from('secret'), 'key wrapping').toString('hex'),
  )
})

test('derived keys of different uses or secrets have nothing in common', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(text, text, text, (secret, one, other) => {
      fc.pre(one !== other && one.isWellFormed() && other.isWellFormed())
      assert.equal(deriveKey(secret, one).byteLength, 32)
      assert.notDeepEqual(deriveKey(secret, one), deriveKey(secret, other))
      assert.notDeepEqual(deriveKey(`${secret}x`, one), deriveKey(secret, one))
    }),
  )
})
