import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { createDecisions } from '../../src/audit/decisions.ts'
import type { Decisions } from '../../src/audit/decisions.ts'
import { PRUNE_DECISIONS } from '../../src/audit/decisions-table.ts'
import { findDecision, recentDecisions } from '../../src/audit/read-decisions.ts'
import type { RecordedDecision } from '../../src/audit/read-decisions.ts'
import { PosternError } from '../../src/errors.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import { readTarget } from '../../src/lib/target.ts'
import { originalOf } from '../../src/policies/replay.ts'
import type { Database, Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/database.ts'
import { usedMemory } from '../support/memory.ts'
import { ALICE, ALLOW, FORBID, idOf, original, SIGN_IN } from './facts.ts'

const WHOLE_ROWS = statement<[], { text: string }>('whole_rows', `select d::text as text from auth.decisions d`)
const MAKE_OLD = statement<[id: string, age: string]>(
  'make_old',
  `update auth.decisions set decided_at = now() - $2::interval where id = $1`,
)
const FILL = statement<[count: number]>(
  'fill',
  `insert into auth.decisions (id, decided_at, kind, sampled, policy_version)
   select 'f' || lpad(to_hex(n), 11, '0'), now() - n * interval '1 millisecond', 'allow', true, 1 from generate_series(1, $1) n`,
)
const COUNT = statement<[], { count: number; newest: Date }>(
  'count',
  `select count(*)::int as count, max(decided_at) as newest from auth.decisions`,
)
const ANALYZE = statement<[]>('analyze', `analyze auth.decisions`)
const HOUR_MS = 3_600_000

interface Opened {
  readonly decisions: Decisions
  readonly dropped: Record<string, number>
  readonly clock: { now: number }
}

function open(database: Queryable): Opened {
  const dropped: Record<string, number> = {}
  const clock = { now: 0 }
  const decisions = createDecisions({
    database,
    policyVersion: () => 7,
    onDropped: (why, count) => void (dropped[why] = (dropped[why] ?? 0) + count),
    now: () => clock.now,
  })
  return { decisions, dropped, clock }
}

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, openDatabase] of Object.entries(drivers)) {
  suite(`decisions in ${driver}`, async () => {
    const database = await openDatabase({ after })

    test('a forbid is found by the number that its visitor was shown, with all that rules look at', async () => {
      const { decisions, clock } = open(database)
      decisions.note(FORBID, idOf(1), original())
      clock.now += HOUR_MS
      await decisions.flush()
      const found = await findDecision(database, idOf(1).toUpperCase())
      const { decidedAt, factorAges, ...facts } = found ?? ({} as RecordedDecision)
      assert.deepEqual(facts, {
        id: idOf(1),
        kind: 'forbid',
        reason: 'missing_role',
        sampled: false,
        policyVersion: 7,
        app: 'wiki',
        namedApp: 'wiki',
        rule: 3,
        method: 'GET',
        scheme: 'https',
        host: 'wiki.example.com:8443',
        path: '/admin/x',
        pathIsCut: false,
        clientAddress: '203.0.113.7',
        login: 'alice',
        roles: ['staff', 'editor'],
      })
      const [age = 0] = factorAges
      assert.ok(factorAges.length === 1 && age >= 60 && age < 120, `${age} s`)
      assert.ok(Math.abs(Date.now() - HOUR_MS - decidedAt.getTime()) < 60_000)
      assert.equal(await findDecision(database, idOf(2)), null)
    })

    test('nothing of the query is written, nor of the sign-in', async () => {
      const { decisions } = open(database)
      decisions.note(FORBID, idOf(3), original({ target: '/x?token=planted' }))
      await decisions.flush()
      const rows = (await database.query(WHOLE_ROWS)).map(({ text }) => text).join('\n')
      assert.doesNotMatch(rows, /planted|secret/)
      assert.ok(!rows.includes(ALICE.signInId))
    })

    test('what could not be read at all has a row, and a path that is too long is cut', async () => {
      const { decisions } = open(database)
      decisions.note({ kind: 'refuse', reason: 'bad_host' }, idOf(4), null)
      decisions.note(FORBID, idOf(5), original({ target: `/${'x'.repeat(600)}`, address: '2001:db8::1' }))
      decisions.note(FORBID, idOf(6), original({ target: `/${'x'.repeat(511)}` }))
      await decisions.flush()
      const [refused, cut, whole] = await Promise.all([4, 5, 6].map((id) => findDecision(database, idOf(id))))
      assert.deepEqual([refused?.reason, refused?.path, refused?.clientAddress], ['bad_host', null, null])
      assert.deepEqual([cut?.path?.length, cut?.pathIsCut, cut?.clientAddress], [512, true, '2001:db8::1'])
      assert.deepEqual([whole?.path?.length, whole?.pathIsCut], [512, false])
    })

    test('a client whose address the proxy never tells has a row like any other', async () => {
      const { decisions, dropped } = open(database)
      decisions.note(FORBID, idOf(7), original({ address: '' }))
      decisions.note(FORBID, idOf(8), original())
      await decisions.flush()
      const [unknown, known] = await Promise.all([7, 8].map((id) => findDecision(database, idOf(id))))
      assert.deepEqual([unknown?.clientAddress, known?.clientAddress, dropped], [null, '203.0.113.7', {}])
      assert.equal(originalOf(unknown ?? ({} as RecordedDecision))?.clientAddress, '')
    })

    test('the last decisions come newest first and once each, over any number of pages', async () => {
      const { decisions, clock } = open(database)
      for (let at = 0; at < 1_200; at++) {
        clock.now += 10
        decisions.note(FORBID, idOf(10_000 + at), original({ address: `198.51.${at % 250}.1` }))
      }
      await decisions.flush()
      const ids = (await collect(database, 2_000)).map(({ id }) => id).filter((id) => id >= idOf(10_000))
      assert.deepEqual(
        ids,
        Array.from({ length: 1_200 }, (_, at) => idOf(10_000 + 1_199 - at)),
      )
      assert.equal((await collect(database, 700)).length, 700)
    })

    test('old ones are removed', async () => {
      const { decisions } = open(database)
      for (const id of [21, 22]) decisions.note(FORBID, idOf(id), original())
      await decisions.flush()
      await database.query(MAKE_OLD, idOf(21), '2 h')
      await database.query(PRUNE_DECISIONS, HOUR_MS + 60_000)
      assert.equal(await findDecision(database, idOf(21)), null)
      assert.notEqual(await findDecision(database, idOf(22)), null)
    })

    test('of more than 100,000 the oldest are removed, a batch at a time', async () => {
      const [{ count: before } = { count: 0 }] = await database.query(COUNT)
      await database.query(FILL, 100_300 - before)
      await database.query(ANALYZE)
      const removed: number[] = []
      const startedAt = performance.now()
      while (removed.at(-1) !== 0) {
        const [row] = await database.query(PRUNE_DECISIONS, 30 * 24 * HOUR_MS)
        removed.push(row?.removed ?? 0)
      }
      assert.ok(performance.now() - startedAt < 3_000, `${performance.now() - startedAt} ms`)
      assert.deepEqual(removed, [200, 100, 0])
    })
  })
}

test('a network has 120 refusals a minute, others have theirs, and what is dropped is counted', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped, clock } = open(database)
  for (let at = 0; at < 200; at++) decisions.note(FORBID, idOf(at), original({ address: `203.0.113.${at}` }))
  decisions.note(FORBID, idOf(300), original({ address: '203.0.114.1' }))
  assert.deepEqual(dropped, { network: 80 })
  clock.now += 60_000
  decisions.note(FORBID, idOf(301), original({ address: '203.0.113.1' }))
  await decisions.flush()
  const ids = (await collect(database, 1_000)).map(({ id }) => id)
  assert.equal(ids.length, 122)
  assert.ok(ids.includes(idOf(300)) && ids.includes(idOf(301)))
})

test('of what passes or must sign in 30 are kept each minute, and one in a hundred of the rest', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped } = open(database)
  for (let at = 0; at < 1_000; at++) {
    decisions.note(ALLOW, '', original())
    decisions.note(SIGN_IN, '', original())
  }
  await decisions.flush()
  const kinds = (await collect(database, 10_000)).map(({ kind, sampled }) => `${kind} ${sampled}`)
  const count = (kind: string): number => kinds.filter((each) => each === kind).length
  assert.deepEqual([count('allow true') >= 30, count('sign_in true') >= 30], [true, true])
  assert.ok(kinds.length <= 60 + 20, `${kinds.length}`)
  assert.deepEqual(dropped, {})
})

test('however many requests pass, at most 90 of a kind are written a minute', async () => {
  const rows: unknown[] = []
  const { decisions, clock } = open({
    query: async (...given) => {
      rows.push(...(JSON.parse(String(given[1])) as unknown[]))
      return []
    },
  })
  for (let at = 0; at < 2 * 60_000; at++) {
    clock.now = at
    decisions.note(ALLOW, '', original())
  }
  await decisions.flush()
  assert.equal(rows.length, 2 * 90)
})

test('while the database is out of reach decisions wait, as many as memory is for them', async (t) => {
  const { database } = await openTestDatabase(t)
  const broken = { error: new PosternError('store_unavailable') as Error | null }
  const sometimes: Queryable = {
    query: (...asked) => (broken.error === null ? database.query(...asked) : Promise.reject(broken.error)),
  }
  const { decisions, dropped } = open(sometimes)
  for (let at = 0; at < 5_100; at++) {
    decisions.note(FORBID, idOf(at), original({ address: `10.${at % 200}.${at % 199}.1` }))
    if (at % 1_000 === 0) await assert.rejects(decisions.flush())
  }
  assert.deepEqual(dropped, { memory: 100 })
  broken.error = null
  await decisions.flush()
  assert.equal((await collect(database, 10_000)).length, 5_000)
})

test('what the database refuses is counted and stands in nobody’s way', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped } = open(database)
  decisions.note(FORBID, 'no id', original())
  await assert.rejects(decisions.flush())
  decisions.note(FORBID, idOf(1), original())
  await decisions.flush()
  assert.deepEqual(dropped, { database: 1 })
  assert.notEqual(await findDecision(database, idOf(1)), null)
})

test('a bad value in one row takes no other along', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped } = open(database)
  for (let at = 0; at < 600; at++) {
    const isBad = at === 0 || at === 77 || at === 599
    decisions.note(FORBID, isBad ? `no id ${at}` : idOf(at), original({ address: `10.0.${at % 250}.1` }))
  }
  await assert.rejects(decisions.flush(), { code: '23514' })
  await assert.rejects(decisions.flush(), { code: '23514' })
  assert.deepEqual(dropped, { database: 3 })
  assert.equal((await collect(database, 1_000)).length, 597)
})

test('when the database is lost while rows are written around a bad one, the others are kept', async (t) => {
  const { database } = await openTestDatabase(t)
  let asked = 0
  const sometimes: Queryable = {
    query: (...given) =>
      ++asked === 3 ? Promise.reject(new PosternError('store_unavailable')) : database.query(...given),
  }
  const { decisions, dropped } = open(sometimes)
  for (const id of ['no id', idOf(1), idOf(2), idOf(3)]) decisions.note(FORBID, id, original())
  await assert.rejects(decisions.flush(), { code: 'store_unavailable' })
  await assert.rejects(decisions.flush(), { code: '23514' })
  assert.deepEqual([dropped, (await collect(database, 10)).length], [{ database: 1 }, 3])
})

test('what is noted does not hold on to the request that it was cut out of', () => {
  const { decisions } = open({ query: async () => [] })
  const before = usedMemory()
  for (let at = 0; at < 1_000; at++) decisions.note(FORBID, idOf(at), cutOut(at))
  assert.ok(usedMemory() - before < 5_000_000)
})

test('noting costs a few microseconds at most, and nothing is written meanwhile', () => {
  const asked: unknown[] = []
  const { decisions } = open({ query: async (...given) => void asked.push(given) as never })
  const request = original()
  const startedAt = performance.now()
  for (let at = 0; at < 100_000; at++) decisions.note(ALLOW, '', request)
  assert.ok(performance.now() - startedAt < 500)
  assert.equal(asked.length, 0)
})

/** A request whose every text is a part of one long text, each time another. */
function cutOut(number: number): OriginalRequest {
  const text = Buffer.from(`${'x'.repeat(20_000)}wiki-number-${number}.example.com/a/path/of/its/own`).toString()
  const name = text.slice(20_000, text.indexOf('/'))
  const path = text.slice(text.indexOf('/'))
  const target = readTarget(path)
  if (typeof target === 'string') throw new Error(target)
  const clientAddress = `2001:db8:${number.toString(16)}::1`
  return { ...original(), host: { name, port: null }, target: { ...target, path }, appName: name, clientAddress }
}

async function collect(database: Queryable, limit: number): Promise<RecordedDecision[]> {
  const found: RecordedDecision[] = []
  for await (const decision of recentDecisions(database, limit)) found.push(decision)
  return found
}
