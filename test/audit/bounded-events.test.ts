import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createBoundedEvents } from '../../src/audit/bounded-events.ts'
import type { BoundedEvents, Failure } from '../../src/audit/bounded-events.ts'
import type { Queryable } from '../../src/store/database.ts'
import { openTestDatabase } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { followEvents } from './written.ts'
import type { WrittenEvent } from './written.ts'

const MINUTE_MS = 60_000
const FAILURE: Failure = { type: 'sign_in', result: 'failure', actor: null, address: '192.0.2.7' }
const REFUSAL: Failure = { ...FAILURE, type: 'cross_site_refused', resource: 'route:POST /x' }

interface Opened {
  readonly events: BoundedEvents
  readonly clock: { now: number }
  readonly written: () => Promise<readonly WrittenEvent[]>
}

async function open(t: Cleanup): Promise<Opened> {
  const { database } = await openTestDatabase(t)
  const clock = { now: 0 }
  const events = createBoundedEvents({ database, now: () => clock.now })
  return { events, clock, written: followEvents(database) }
}

suite('what strangers cause that is written down', () => {
  test('DOS-07: a flood of failed sign-ins from one network is ten rows a minute and one that counts', async (t) => {
    const { events, clock, written } = await open(t)
    for (let count = 0; count < 1_000; count++)
      await events.note({ ...FAILURE, address: `192.0.2.${count % 256}`, resource: `user:person${count % 40}` })
    assert.equal((await written()).length, 10)
    await events.flush()
    assert.deepEqual(await written(), [])
    clock.now = MINUTE_MS
    await events.flush()
    const [sum, ...others] = await written()
    assert.deepEqual([sum?.event_type, sum?.result, sum?.details['times'], others], ['sign_in', 'failure', 990, []])
    const users = sum?.details['users']
    assert.equal(Array.isArray(users) && users.length, 20)
    await events.flush(true)
    assert.deepEqual(await written(), [])
  })

  test('DOS-07: refusals are one row a minute of each kind and network, and one that counts', async (t) => {
    const { events, written } = await open(t)
    for (const address of ['192.0.2.1', '198.51.100.1', '2001:db8::1', '2001:db8::2'])
      for (let count = 0; count < 5; count++) await events.note({ ...REFUSAL, address })
    assert.equal((await written()).length, 3)
    await events.flush(true)
    assert.deepEqual(
      (await written()).map(({ details }) => details['times']),
      [4, 4, 9],
    )
  })

  test('DOS-07: a flood from very many networks shares what is left', async (t) => {
    const { events, written } = await open(t)
    for (let count = 0; count < 3_000; count++)
      await events.note({ ...REFUSAL, address: `10.${count >> 8}.${count & 255}.1` })
    await events.flush(true)
    const rows = await written()
    assert.ok(rows.length <= 1_002, `${rows.length} rows`)
    const times = rows.map(({ details }) => (details['times'] as number | undefined) ?? 1)
    assert.equal(
      times.reduce((sum, each) => sum + each, 0),
      3_000,
    )
  })

  test('a count that the database does not take is kept', async (t) => {
    const { database } = await openTestDatabase(t)
    let isDown = false
    const queryable = {
      query: ((...given: Parameters<typeof database.query>) => {
        if (isDown) throw new Error('away')
        return database.query(...given)
      }) as typeof database.query,
    }
    const events = createBoundedEvents({ database: queryable, now: () => 0 })
    await events.note(REFUSAL)
    await events.note(REFUSAL)
    isDown = true
    await assert.rejects(events.flush(true), /away/)
    isDown = false
    await events.flush()
    assert.equal((await followEvents(database)()).length, 2)
  })

  test('the last round and one that is still at it write each count once', async (t) => {
    const { events, clock, written } = await open(t)
    for (const type of ['cross_site_refused', 'rate_limited'] as const)
      for (let count = 0; count < 5; count++) await events.note({ ...REFUSAL, type })
    await written()
    clock.now = MINUTE_MS
    await Promise.all([events.flush(), events.flush(true)])
    const sums = (await written()).map(({ event_type: type, details }) => `${type} ${String(details['times'])}`)
    assert.deepEqual(sums.toSorted(), ['cross_site_refused 4', 'rate_limited 4'])
  })

  test('DOS-07: while the database is away, counts of ever more networks are added up, and none is lost', async () => {
    const rows: string[] = []
    const state = { isAway: true }
    const database: Queryable = {
      query: async (_, ...values) => {
        if (state.isAway) throw new Error('away')
        rows.push(String(values[9]))
        return []
      },
    }
    const clock = { now: 0 }
    const events = createBoundedEvents({ database, now: () => clock.now })
    for (let minute = 0; minute < 20; minute++, clock.now += MINUTE_MS)
      for (let network = 0; network < 2_000; network++)
        await events.note({ ...REFUSAL, address: `10.${minute}.${network % 500}.${network}` }).catch(() => undefined)
    state.isAway = false
    await events.flush(true)
    assert.ok(rows.length <= 5_001, String(rows.length))
    const times = rows.reduce((sum, row) => sum + (JSON.parse(row) as { times: number }).times, 0)
    assert.equal(times, 20 * 1_500)
  })
})
