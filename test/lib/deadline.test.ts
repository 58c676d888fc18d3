import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DeadlineError, withDeadline } from '../../src/lib/deadline.ts'

test('what is in time comes through as it is, and leaves no timer behind', async () => {
  assert.equal(await withDeadline(Promise.resolve('done'), 60_000), 'done')
  await assert.rejects(withDeadline(Promise.reject(new Error('broken')), 60_000), /broken/)
  assert.equal(process.getActiveResourcesInfo().includes('Timeout'), false)
})

test('what is late is rejected, and its own failure later troubles nobody', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { promise, reject } = Promise.withResolvers<void>()
  const outcome = assert.rejects(withDeadline(promise, 250), DeadlineError)
  for (let tick = 0; tick < 5; tick++) t.mock.timers.tick(50)
  await outcome
  reject(new Error('too late'))
})

test('nothing is late before the whole deadline has passed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let outcome = 'waits'
  void withDeadline(new Promise(() => undefined), 250).catch((error: Error) => (outcome = error.name))
  for (let tick = 0; tick < 4; tick++) t.mock.timers.tick(50)
  await nextTurn()
  assert.equal(outcome, 'waits')
})

test('an answer that came while this process stood still is not late', async () => {
  const answer = nextTurn('there')
  const asked = withDeadline(answer, 20)
  const until = performance.now() + 60
  while (performance.now() < until);
  assert.equal(await asked, 'there')
})
