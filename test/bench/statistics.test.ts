import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, medianOf, percentile } from '../../bench/statistics.ts'

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([10, 9, 100]), 10)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('a percentile is one of the values, by the nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  assert.equal(percentile(values, 0.5), 100)
  assert.equal(percentile(values, 0.99), 198)
  assert.equal(percentile(values, 1), 200)
  assert.equal(percentile([3, 1], 0.99), 3)
})

test('the median of samples is unknown when one of them is', () => {
  assert.equal(medianOf([{ us: 1.04 }, { us: 9 }, { us: 1.26 }], 'us', 1), 1.3)
  assert.equal(medianOf([{ us: 1 }, { us: null }], 'us', 1), null)
})
