import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runOpenLoop } from '../../../bench/sessions/open-loop.ts'

test('what has to wait for a free connection counts from when it was to be sent', async () => {
  const send = (): Promise<void> => delay(50)
  const latencies = await runOpenLoop({ connections: ['only'], perSecond: 10, seconds: 1, send })
  assert.equal(latencies.length, 10)
  assert.ok(Math.max(...latencies) < 95, 'there is room for all of them')
  const crowded = await runOpenLoop({ connections: ['only'], perSecond: 40, seconds: 0.5, send })
  assert.equal(crowded.length, 20)
  // The last is due after 475 ms and sent after 950.
  assert.ok(Math.max(...crowded) > 450)
})

test('one that fails fails the run, though others go on', async () => {
  let sent = 0
  const send = async (): Promise<void> => {
    if (++sent === 2) throw new Error('no luck')
  }
  const running = runOpenLoop({ connections: [1, 2, 3], perSecond: 100, seconds: 0.1, send })
  await assert.rejects(running, /no luck/)
})
