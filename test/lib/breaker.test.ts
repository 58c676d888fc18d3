import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBreaker } from '../../src/lib/breaker.ts'

test('a breaker opens after so many failures in a row, lets one probe pass in a while, and closes when it succeeds', () => {
  let nowMs = 0
  const breaker = createBreaker({ failures: 3, probeMs: 500 }, () => nowMs)
  breaker.failed()
  breaker.failed()
  assert.deepEqual([breaker.isOpen, breaker.mayAsk()], [false, true])
  breaker.failed()
  assert.deepEqual([breaker.isOpen, breaker.mayAsk()], [true, false])
  nowMs = 499
  assert.equal(breaker.mayAsk(), false)
  nowMs = 500
  assert.deepEqual([breaker.mayAsk(), breaker.mayAsk()], [true, false])
  breaker.succeeded()
  assert.deepEqual([breaker.isOpen, breaker.mayAsk()], [false, true])
})

test('failures that a success interrupts do not open it', () => {
  const breaker = createBreaker({ failures: 2, probeMs: 500 }, () => 0)
  for (let i = 0; i < 5; i++) {
    breaker.failed()
    breaker.succeeded()
  }
  assert.equal(breaker.isOpen, false)
})
