import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createQuota, networkOf } from '../../src/audit/quota.ts'

const NETWORKS: readonly (readonly [address: string, other: string, same: boolean])[] = [
  ['203.0.113.7', '203.0.113.250', true],
  ['203.0.113.7', '203.0.114.7', false],
  ['2001:db8::1', '2001:db8:0:0:ffff::2', true],
  ['2001:db8::1', '2001:db8:0:1::1', false],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', true],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:3::6', false],
  ['::1', '::2', true],
  ['1::', '::1', false],
]

for (const [address, other, same] of NETWORKS) {
  test(`${address} and ${other} are ${same ? 'one network' : 'two networks'}`, () =>
    assert.equal(networkOf(address) === networkOf(other), same))
}

test('a quota is full again each minute', () => {
  const clock = { now: 5 }
  const quota = createQuota({ perMinute: 2, maxSources: 10 })
  const take = (source: string): boolean => quota.take(source, clock.now)
  assert.deepEqual([take('a'), take('a'), take('a'), take('b')], [true, true, false, true])
  clock.now += 59_999
  assert.equal(take('a'), false)
  clock.now += 1
  assert.equal(take('a'), true)
})

test('sources beyond the bound share one quota, those before it keep theirs', () => {
  const quota = createQuota({ perMinute: 2, maxSources: 2 })
  const taken = ['a', 'b', 'c', 'd', 'e', 'a'].map((source) => quota.take(source, 0))
  assert.deepEqual(taken, [true, true, true, true, false, true])
})
