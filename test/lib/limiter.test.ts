import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { createLimiter } from '../../src/lib/limiter.ts'

const FULL = { name: 'PosternError', code: 'too_many_attempts' }

test('the limiter runs as many at once as it may, and the rest in the order they came', async () => {
  const limiter = createLimiter({ atOnce: 2, maxWaiting: 3 })
  const started: number[] = []
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
  const all = gates.map(({ promise }, index) =>
    limiter.run(async () => {
      started.push(index)
      await promise
      return index
    }),
  )
  assert.deepEqual([started, limiter.waiting], [[0, 1], 2])
  gates[1]?.resolve()
  await all[1]
  assert.deepEqual([started, limiter.waiting], [[0, 1, 2], 1])
  for (const { resolve } of gates) resolve()
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3])
  assert.equal(limiter.waiting, 0)
})

test(
  'who comes when the line is full is refused at once, and everybody in it still gets his turn',
  { timeout: 5_000 },
  async () => {
    const limiter = createLimiter({ atOnce: 2, maxWaiting: 64 })
    const { promise, resolve } = Promise.withResolvers<void>()
    const admitted = Array.from({ length: 66 }, () => limiter.run(() => promise))
    await assert.rejects(
      limiter.run(() => promise),
      FULL,
    )
    assert.equal(limiter.waiting, 64)
    resolve()
    await Promise.all(admitted)
    await assert.doesNotReject(limiter.run(async () => undefined))
  },
)

test('work that fails frees its place, whether it throws or rejects', async () => {
  const limiter = createLimiter({ atOnce: 1, maxWaiting: 1 })
  const throwing = (): Promise<void> => {
    throw new Error('thrown')
  }
  for (let round = 0; round < 3; round++) {
    await assert.rejects(limiter.run(throwing), /thrown/)
    await assert.rejects(
      limiter.run(async () => throwing()),
      /thrown/,
    )
  }
  assert.equal(await limiter.run(async () => 'done'), 'done')
})

test('a limiter without a line refuses whoever finds it busy', { timeout: 5_000 }, async () => {
  const limiter = createLimiter({ atOnce: 1, maxWaiting: 0 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = limiter.run(() => promise)
  await assert.rejects(
    limiter.run(() => promise),
    FULL,
  )
  resolve()
  await first
})

test('whatever comes and goes, never too many run, nobody is lost and nobody is refused without cause', async () => {
  const step = fc.record({ turns: fc.nat(5), fails: fc.boolean(), pause: fc.nat(2) })
  const limits = fc.record({ atOnce: fc.integer({ min: 1, max: 4 }), maxWaiting: fc.nat(6) })
  await fc.assert(fc.asyncProperty(limits, fc.array(step, { maxLength: 30 }), playThrough))
})

interface Limits {
  readonly atOnce: number
  readonly maxWaiting: number
}

interface Step {
  readonly turns: number
  readonly fails: boolean
  readonly pause: number
}

async function playThrough(limits: Limits, steps: readonly Step[]): Promise<void> {
  const limiter = createLimiter(limits)
  const outcomes: Promise<void>[] = []
  const open = { running: 0, admitted: 0 }
  for (const { turns, fails, pause } of steps) {
    const isFull = open.admitted >= limits.atOnce + limits.maxWaiting
    const work = async (): Promise<void> => {
      open.running++
      assert.ok(open.running <= limits.atOnce)
      await pauseFor(turns)
      open.running--
      if (fails) throw new Error('failed')
    }
    open.admitted++
    const finished = limiter.run(work).then(
      () => assert.equal(fails, false),
      (error: Error) => assert.ok(isFull || (fails && error.message === 'failed'), error.message),
    )
    outcomes.push(finished.finally(() => open.admitted--))
    await pauseFor(pause)
  }
  await Promise.all(outcomes)
  assert.deepEqual([open.running, limiter.waiting], [0, 0])
}

async function pauseFor(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}
