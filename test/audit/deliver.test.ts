import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createDelivery, waitAfter } from '../../src/audit/deliver.ts'
import type { Sink } from '../../src/audit/deliver.ts'
import { DELIVER_FROM, FIND_SINK } from '../../src/audit/deliver-table.ts'
import { openWebhook } from '../../src/audit/webhook.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { until } from '../support/until.ts'
import { writeRows } from './log-rows.ts'
import { seal, SECRET, startReceiver } from './receivers.ts'

const DUE = statement<[]>('due', `update auth.audit_deliveries set next_attempt_at = now()`)
const SINK_OF = statement<
  [],
  {
    next_batch: string
    after_seq: string
    attempts: number
    last_error: string | null
    wait_ms: number
    holder: string | null
  }
>(
  'sink_of',
  `select next_batch::text, after_seq::text, attempts, last_error, holder,
     extract(epoch from next_attempt_at - clock_timestamp())::float8 * 1000 as wait_ms from auth.audit_deliveries`,
)
const IN_A_BATCH_THAT_IS_GONE = statement<[]>(
  'in_a_batch_that_is_gone',
  `update auth.audit_deliveries set next_batch = 0, after_seq = 1000`,
)
const QUICK = { deadlineMs: 300, leaseMs: 2_000 }

interface Opened {
  readonly round: () => Promise<void>
  readonly failures: () => number
  readonly ages: number[]
  readonly lines: string[]
  readonly ending: AbortController
}

/** One process that delivers. */
function open(t: Cleanup, database: Database, sink: Sink, times = { deadlineMs: 10_000, leaseMs: 20_000 }): Opened {
  t.after(() => sink.close())
  const ending = new AbortController()
  const [ages, lines] = [[] as number[], [] as string[]]
  let failures = 0
  const note = (_: object, line: string): void => void lines.push(line)
  const delivery = createDelivery({
    database,
    sink,
    log: { info: note, warn: note } as never,
    holder: randomUUID(),
    onAge: (age) => ages.push(age),
    onFailure: () => failures++,
    times,
  })
  return { round: () => delivery.round(ending.signal), failures: () => failures, ages, lines, ending }
}

const webhook = (url: URL): Sink => openWebhook(url, [SECRET], Date.now)
const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, n) => `r${from + n}`)
const rows = (from: number, count: number, userAgent = '') =>
  ids(from, count).map((requestId) => ({
    at: new Date().toISOString(),
    type: 'sign_in',
    result: 'success',
    requestId,
    userAgent,
  }))

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, openDatabase] of Object.entries(drivers)) {
  suite(`the delivery of the audit log from ${driver}`, () => {
    test('sends each sealed row once in writing order, signed, from when the sink is new', async (t) => {
      const [database, receiver] = [await openDatabase(t), await startReceiver(t)]
      await seal(database, await writeRows(database, rows(0, 3)))
      const { round, ages } = open(t, database, webhook(receiver.url))
      await round()
      assert.deepEqual(receiver.taken, [])
      await seal(database, await writeRows(database, rows(3, 1_300)))
      await writeRows(database, rows(5_000, 2))
      await round()
      await round()
      assert.deepEqual(receiver.taken, ids(3, 1_300))
      assert.deepEqual(receiver.deliveries.length, 3)
      assert.equal(ages.at(-1), 0)
    })

    test('sends a row that was committed late with the batch that it came into', async (t) => {
      const [database, receiver] = [await openDatabase(t), await startReceiver(t)]
      const { round } = open(t, database, webhook(receiver.url))
      await round()
      const [one = '', late = '', three = ''] = await writeRows(database, rows(1, 3))
      await seal(database, [one, three])
      await round()
      await seal(database, [late])
      await round()
      assert.deepEqual(receiver.taken, ['r1', 'r3', 'r2'])
    })
  })
}

test('what a receiver refuses, cuts off or leaves hanging is sent again, and nothing is missing', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const { round, failures, lines } = open(t, database, webhook(receiver.url), QUICK)
  await round()
  const elsewhere = await startReceiver(t)
  await seal(database, await writeRows(database, rows(0, 700)))
  const troubles: readonly (readonly [Exclude<typeof receiver.answer, null>, RegExp])[] = [
    [(response) => response.writeHead(500).end(), /status 500/],
    [(response) => response.writeHead(302, { location: elsewhere.url.href }).end(), /status 302/],
    [(_, request) => request.socket.destroy(), /socket|closed/i],
    [() => {}, /timeout|abort/i],
    [(response) => response.writeHead(404).write('half of an answer'), /status 404/],
  ]
  for (const [index, [answer, why]] of troubles.entries()) {
    receiver.answer = answer
    await database.query(DUE)
    await round()
    const [state] = await database.query(SINK_OF)
    assert.deepEqual([state?.attempts, state?.next_batch, state?.holder], [index + 1, '1', null])
    assert.match(state?.last_error ?? '', why)
    assert.ok((state?.wait_ms ?? 0) > 0)
    await round()
    assert.equal(receiver.deliveries.length, index + 1, 'it is left alone meanwhile')
  }
  receiver.answer = null
  await database.query(DUE)
  await round()
  assert.deepEqual(receiver.taken, ids(0, 700))
  assert.deepEqual(elsewhere.deliveries, [])
  assert.equal(failures(), troubles.length)
  assert.equal(new Set(receiver.deliveries.slice(0, troubles.length + 1)).size, 1, 'the same each time')
  assert.deepEqual(lines, ['audit events can not be delivered yet', 'audit events are delivered again'])
})

test('a receiver that says yes and then never ends its reply has taken the events', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const { round, failures } = open(t, database, webhook(receiver.url), QUICK)
  await round()
  await seal(database, await writeRows(database, rows(0, 1)))
  receiver.answer = (response) => response.writeHead(200).write('and so on')
  await round()
  assert.equal(failures(), 0)
  assert.equal((await database.query(SINK_OF))[0]?.next_batch, '2')
})

test('a receiver that is not there is one failure, and what comes meanwhile waits', async (t) => {
  const { database } = await openTestDatabase(t)
  const { round, failures, ages } = open(t, database, webhook(new URL('http://127.0.0.1:1/')))
  await round()
  await seal(database, await writeRows(database, rows(0, 1)), 900)
  await round()
  await seal(database, await writeRows(database, rows(1, 1)), 60)
  await round()
  assert.equal(failures(), 1)
  assert.ok((ages.at(-1) ?? 0) >= 900)
})

test('of two processes one sends at a time, and each event goes out once', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const [one, other] = [open(t, database, webhook(receiver.url)), open(t, database, webhook(receiver.url))]
  await one.round()
  for (let batch = 0; batch < 30; batch++) await seal(database, await writeRows(database, rows(batch * 20, 20)))
  await until('all is delivered', 20_000, async () => {
    await Promise.all([one.round(), other.round()])
    return receiver.taken.length >= 600
  })
  assert.deepEqual(receiver.taken, ids(0, 600))
})

test('who is stopped while a receiver hangs lets go at once, and another one goes on', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const [one, other] = [open(t, database, webhook(receiver.url)), open(t, database, webhook(receiver.url))]
  await one.round()
  await seal(database, await writeRows(database, rows(0, 5)))
  receiver.answer = () => {}
  const hanging = one.round()
  await until('it is asked', 5_000, () => receiver.deliveries.length > 0)
  await other.round()
  assert.equal(receiver.deliveries.length, 1)
  one.ending.abort()
  await hanging
  receiver.answer = null
  await other.round()
  assert.deepEqual([receiver.taken, one.failures()], [ids(0, 5), 0])
})

test('after kill -9 at any moment nothing is missing, and doubles are told by their ids', async (t) => {
  const [{ database, url }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const first = open(t, database, webhook(receiver.url))
  await first.round()
  for (let batch = 0; batch < 40; batch++) await seal(database, await writeRows(database, rows(batch * 25, 25)))
  for (let killed = 0; killed < 4; killed++) {
    const before = receiver.taken.length
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'deliver-child.ts'), url, receiver.url.href, SECRET],
      { stdio: 'inherit' },
    )
    const gone = once(child, 'exit')
    await until('some are taken', 20_000, () => receiver.taken.length > before)
    child.kill('SIGKILL')
    await gone
  }
  assert.ok(receiver.taken.length < 1_000, 'it was killed before it had ended')
  await until('all are taken', 20_000, async () => {
    await first.round()
    return (await database.query(FIND_SINK, 'webhook'))[0]?.age_s === 0
  })
  assert.deepEqual([...new Set(receiver.taken)], ids(0, 1_000))
})

test('what is large goes in parts that receivers take', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const { round } = open(t, database, webhook(receiver.url))
  await round()
  await seal(database, await writeRows(database, rows(0, 40, 'x'.repeat(60_000))))
  await round()
  assert.deepEqual(receiver.taken, ids(0, 40))
  assert.equal(receiver.deliveries.length, 5)
})

test('two secrets give a signature each, so that the receiver can change its own', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const { round } = open(t, database, openWebhook(receiver.url, ['the new secret', SECRET], Date.now))
  await round()
  await seal(database, await writeRows(database, rows(0, 1)))
  await round()
  assert.deepEqual(receiver.taken, ['r0'])
})

test('an operator has a sink begin anew from a day on', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  await seal(database, await writeRows(database, rows(0, 2)), 7 * 86_400)
  await seal(database, await writeRows(database, rows(2, 2)), 2 * 86_400)
  const { round } = open(t, database, webhook(receiver.url))
  await round()
  assert.deepEqual(receiver.taken, [])
  const from = new Date(Date.now() - 3 * 86_400_000).toISOString()
  assert.deepEqual(await database.query(DELIVER_FROM, null, from), [{ sink: 'webhook', next_batch: '2' }])
  await round()
  assert.deepEqual(receiver.taken, ids(2, 2))
})

test('where a batch is gone, the next one is sent from its beginning', async (t) => {
  const [{ database }, receiver] = [await openTestDatabase(t), await startReceiver(t)]
  const { round } = open(t, database, webhook(receiver.url))
  await round()
  await seal(database, await writeRows(database, rows(0, 2)))
  await database.query(IN_A_BATCH_THAT_IS_GONE)
  await round()
  assert.deepEqual(receiver.taken, ids(0, 2))
})

test('a sink is left alone twice as long each time, five minutes at most', () => {
  assert.deepEqual(
    [0, 1, 2, 8, 9, 1_000].map((attempts) => waitAfter(attempts, 0)),
    [1_000, 2_000, 4_000, 256_000, 300_000, 300_000],
  )
  assert.deepEqual(
    [0, 1_000].map((attempts) => waitAfter(attempts, 1)),
    [500, 150_000],
  )
})
