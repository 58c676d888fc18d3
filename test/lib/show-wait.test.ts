import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showWait } from '../../src/lib/show-wait.ts'

test('a wait is told in the largest unit of which it takes two, never as less than it is', () => {
  const cases = [
    [0, '1 second'],
    [1, '1 second'],
    [90, '90 seconds'],
    [119, '119 seconds'],
    [120, '2 minutes'],
    [121, '3 minutes'],
    [7_199, '120 minutes'],
    [7_200, '2 hours'],
    [86_400, '24 hours'],
  ] as const
  for (const [seconds, text] of cases) assert.equal(showWait(seconds), text)
})
