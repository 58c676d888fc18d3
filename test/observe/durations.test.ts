import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDurations } from '../../src/observe/durations.ts'

test('buckets hold all up to their bound, and sum and count all of them', () => {
  const durations = createDurations('verify', 'Time to answer.', [0.1, 1])
  const allow = durations.add({ decision: 'allow' })
  for (const seconds of [0.05, 0.1, 0.5, 3]) allow.observe(seconds)
  durations.add({ decision: 'forbid' }).observe(0.2)
  const told = durations.samples().map(({ metricName, labels, value }) => {
    return `${metricName} ${labels['decision']} ${labels['le'] ?? ''} ${Math.round(value * 100) / 100}`
  })
  assert.deepEqual(told, [
    'verify_bucket allow 0.1 2',
    'verify_bucket allow 1 3',
    'verify_bucket allow +Inf 4',
    'verify_sum allow  3.65',
    'verify_count allow  4',
    'verify_bucket forbid 0.1 0',
    'verify_bucket forbid 1 1',
    'verify_bucket forbid +Inf 1',
    'verify_sum forbid  0.2',
    'verify_count forbid  1',
  ])
})
