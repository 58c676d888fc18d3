import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { every } from '../../src/lib/every.ts'

test('work is done again and again, the first time after a while', async (t) => {
  const { rounds, pass } = start(t, async () => undefined)
  assert.equal(rounds(), 0)
  for (const expected of [1, 2, 3]) {
    await pass(1_000)
    assert.equal(rounds(), expected)
  }
})

test('work is never done twice at once, however long it takes', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { rounds, pass } = start(t, () => promise)
  await pass(10_000)
  assert.equal(rounds(), 1)
  resolve()
  await pass(0)
  await pass(1_000)
  assert.equal(rounds(), 2)
})

test('a failure is told and does not stop what comes after', async (t) => {
  const { rounds, pass, told } = start(t, () => Promise.reject(new Error('broken')))
  await pass(1_000)
  await pass(1_000)
  assert.equal(rounds(), 2)
  assert.equal(told.length, 2)
})

test('after stop nothing is done any more, even when work was under way', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { rounds, pass, stop } = start(t, () => promise)
  await pass(1_000)
  stop()
  resolve()
  await pass(5_000)
  assert.equal(rounds(), 1)
})

function start(t: TestContext, work: () => Promise<void>) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let count = 0
  const told: unknown[] = []
  const counted = (): Promise<void> => {
    count++
    return work()
  }
  const timer = every(1_000, counted, (error) => void told.push(error))
  t.after(() => timer.stop())
  const pass = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { rounds: () => count, pass, stop: () => timer.stop(), told }
}
