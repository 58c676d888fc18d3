import assert from 'node:assert/strict'
import test from 'node:test'
import { nearest } from '../../src/lib/nearest.ts'

const KNOWN = ['POSTERN_LISTEN', 'POSTERN_LOG_LEVEL', 'POSTERN_VERIFY_LISTEN']

test('the nearest word is the one with the fewest slips of the finger', () => {
  const slips = ['POSTERN_LISTEN', 'POSTERN_LISEN', 'POSTERN_LISTENN', 'POSTERN_LITSEN', 'POSTERN_XISTEN', 'LISTEN']
  for (const slip of slips) assert.equal(nearest(slip, KNOWN), 'POSTERN_LISTEN', slip)
  assert.equal(nearest('POSTERN_LOGLEVEL', KNOWN), 'POSTERN_LOG_LEVEL')
  assert.equal(nearest('POSTERN_VERIFYLISTEN', KNOWN), 'POSTERN_VERIFY_LISTEN')
})

test('of two words that are as near the first is named', () => {
  assert.equal(nearest('', ['ab', 'cd']), 'ab')
  assert.equal(nearest('ad', ['ab', 'cd']), 'ab')
})
