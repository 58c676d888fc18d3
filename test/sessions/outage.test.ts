import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchOutage } from '../../src/sessions/outage.ts'
import { openTestApp } from '../support/app.ts'

const GRACE_MS = 60_000

test('while changes are read in time all is well, and the whole grace is left', () => {
  const { outage } = at({ age: 1_500 })
  assert.deepEqual(state(outage), { mayUseMemory: true, isDegraded: false, graceLeft: GRACE_MS })
})

test('without the database memory counts until the grace is over, from the last good read on', () => {
  const states = [1_501, 59_999, 60_000].map((age) => state(at({ age, unreachable: true }).outage))
  assert.deepEqual(states, [
    { mayUseMemory: true, isDegraded: true, graceLeft: 58_499 },
    { mayUseMemory: true, isDegraded: true, graceLeft: 1 },
    { mayUseMemory: false, isDegraded: true, graceLeft: 0 },
  ])
})

test('a process that was away does not believe its memory before it has asked', () => {
  const { outage } = at({ age: 5_000 })
  assert.deepEqual(state(outage), { mayUseMemory: false, isDegraded: true, graceLeft: 55_000 })
})

test('the program tells of these as metrics', async (t) => {
  const { context } = await openTestApp(t, { env: { POSTERN_OUTAGE_GRACE: '5m' } })
  await context.feed.read()
  const text = await context.metrics.expose()
  for (const line of ['postern_outage_grace_seconds 300', 'postern_degraded 0', 'postern_database_breaker_open 0'])
    assert.ok(text.split('\n').includes(line), line)
  const [, age = ''] = /^postern_changes_age_seconds (\S+)$/m.exec(text) ?? []
  const expected = (performance.now() - context.feed.freshAt) / 1_000
  assert.ok(expected >= Number(age) && expected - Number(age) < 0.5, age)
})

function at({ age, unreachable = false }: { age: number; unreachable?: boolean }) {
  const feed = { isFresh: () => age <= 1_500, freshAt: 0, unreachable }
  return { outage: watchOutage(feed, GRACE_MS, () => age) }
}

function state(outage: ReturnType<typeof watchOutage>): object {
  return { mayUseMemory: outage.mayUseMemory(), isDegraded: outage.isDegraded, graceLeft: outage.graceLeft() }
}
