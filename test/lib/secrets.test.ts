import assert from 'node:assert/strict'
import test from 'node:test'
import { equalSecrets } from '../../src/lib/secrets.ts'

test('secrets are equal when they hold the same, as text or as bytes', () => {
  assert.equal(equalSecrets('abc', 'abc'), true)
  assert.equal(equalSecrets('', ''), true)
  assert.equal(equalSecrets(Buffer.from('abc'), Buffer.from('abc')), true)
  assert.equal(equalSecrets('é', Buffer.from('é')), true)
})

test('secrets that differ in one place or in length are not equal, and none throws', () => {
  assert.equal(equalSecrets('abc', 'abd'), false)
  assert.equal(equalSecrets('abc', 'abcd'), false)
  assert.equal(equalSecrets('abc', ''), false)
  assert.equal(equalSecrets(Buffer.from('abc'), Buffer.from('abd')), false)
  assert.equal(equalSecrets(Buffer.from('abc'), Buffer.from('abcd')), false)
  assert.equal(equalSecrets('abc', Buffer.from('abd')), false)
})
