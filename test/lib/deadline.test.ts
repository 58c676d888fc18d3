import assert from 'node:assert/strict'
import test from 'node:test'
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
  t.mock.timers.tick(250)
  await outcome
  reject(new Error('too late'))
})
