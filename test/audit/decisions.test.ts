import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Decided } from '../../src/audit/decision-entry.ts'
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
import type { Cleanup } from '../support/directories.ts'
import { usedMemory } from '../support/memory.ts'
import { ALICE, ALLOW, AS_SENT, FORBID, openDecisions, original, SIGN_IN } from './facts.ts'

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
/** No database takes a login with this character. */
const BAD: Decided = { ...FORBID, principal: { ...ALICE, login: 'a\u0000' } }

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, openDatabase] of Object.entries(drivers)) {
  suite(`decisions in ${driver}`, async () => {
    const database = await openDatabase({ after })

    test('a forbid is found by the number that its visitor was shown, with all that rules look at', async () => {
      const { decisions, clock } = openDecisions(database)
      const about = { readingOf: () => '/admin/y', dialect: 'nginx' }
      const id = decisions.refused(FORBID, original(), about)
      clock.now += HOUR_MS
      await decisions.flush()
      const found = await findDecision(database, id.toUpperCase())
      const { decidedAt, lastAt, factorAges, ...facts } = found ?? ({} as RecordedDecision)
      assert.deepEqual(facts, {
        id,
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
        reading: '/admin/y',
        times: 1,
        clientAddress: '203.0.113.7',
        login: 'alice',
        roles: ['staff', 'editor'],
      })
      const [age = 0] = factorAges
      assert.ok(factorAges.length === 1 && age >= 60 && age < 120, `${age} s`)
      assert.ok(Math.abs(Date.now() - HOUR_MS - decidedAt.getTime()) < 60_000)
      assert.deepEqual(lastAt, decidedAt)
      assert.equal(await findDecision(database, '0'.repeat(12)), null)
    })

    test('nothing of the query is written, nor of the sign-in', async () => {
      const { decisions, forbid } = openDecisions(database)
      forbid('/x?token=planted')
      await decisions.flush()
      const rows = (await database.query(WHOLE_ROWS)).map(({ text }) => text).join('\n')
      assert.doesNotMatch(rows, /planted|secret/)
      assert.ok(!rows.includes(ALICE.signInId))
    })

    test('what could not be read at all has a row, and a path that is too long is cut', async () => {
      const { decisions, forbid } = openDecisions(database)
      const ids = [
        decisions.refused({ kind: 'refuse', reason: 'bad_host' }, null, AS_SENT),
        forbid(`/${'x'.repeat(600)}`, '2001:db8::1'),
        forbid(`/${'x'.repeat(511)}`),
      ]
      await decisions.flush()
      const [refused, cut, whole] = await Promise.all(ids.map((id) => findDecision(database, id)))
      assert.deepEqual([refused?.reason, refused?.path, refused?.clientAddress], ['bad_host', null, null])
      assert.deepEqual([cut?.path?.length, cut?.pathIsCut, cut?.clientAddress], [512, true, '2001:db8::1'])
      assert.deepEqual([whole?.path?.length, whole?.pathIsCut], [512, false])
    })

    test('a client whose address the proxy never tells has a row like any other', async () => {
      const { decisions, dropped, forbid } = openDecisions(database)
      const ids = [forbid('/x', ''), forbid('/x')]
      await decisions.flush()
      const [unknown, known] = await Promise.all(ids.map((id) => findDecision(database, id)))
      assert.deepEqual([unknown?.clientAddress, known?.clientAddress, dropped], [null, '203.0.113.7', {}])
      assert.equal(originalOf(unknown ?? ({} as RecordedDecision))?.clientAddress, '')
    })

    test('the last decisions come newest first and once each, over any number of pages', async () => {
      const { decisions, clock, forbid } = openDecisions(database)
      const ids = Array.from({ length: 1_200 }, (_, at) => {
        clock.now += 10
        return forbid(`/page/${at}`, `198.51.${at % 250}.1`)
      })
      await decisions.flush()
      const found = (await collect(database, 2_000)).filter(({ path }) => path?.startsWith('/page/') === true)
      assert.deepEqual(
        found.map(({ id }) => id),
        ids.toReversed(),
      )
      assert.equal((await collect(database, 700)).length, 700)
    })

    test('old ones are removed', async () => {
      const { decisions, forbid } = openDecisions(database)
      const [old, young] = [forbid('/old'), forbid('/young')]
      await decisions.flush()
      await database.query(MAKE_OLD, old, '2 h')
      await database.query(PRUNE_DECISIONS, HOUR_MS + 60_000)
      assert.equal(await findDecision(database, old), null)
      assert.notEqual(await findDecision(database, young), null)
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

test('a network has 120 different refusals a minute, others have theirs, and what is dropped is counted', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped, clock, forbid } = openDecisions(database)
  for (let at = 0; at < 200; at++) forbid(`/${at}`, `203.0.113.${at}`)
  const other = forbid('/x', '203.0.114.1')
  assert.deepEqual(dropped, { network: 80 })
  clock.now += 60_000
  const later = forbid('/x', '203.0.113.1')
  await decisions.flush()
  const ids = (await collect(database, 1_000)).map(({ id }) => id)
  assert.equal(ids.length, 122)
  assert.ok(ids.includes(other) && ids.includes(later))
})

test('of what passes or must sign in 30 are kept each minute, and one in a hundred of the rest', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped } = openDecisions(database)
  for (let at = 0; at < 1_000; at++) {
    decisions.passed(ALLOW, original())
    decisions.passed(SIGN_IN, original())
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
  const { decisions, clock } = openDecisions({
    query: async (given, ...params) => {
      if (given.label === 'write_decisions') rows.push(...(JSON.parse(String(params[0])) as unknown[]))
      return []
    },
  })
  for (let at = 0; at < 2 * 60_000; at++) {
    clock.now = at
    decisions.passed(ALLOW, original())
  }
  await decisions.flush()
  assert.equal(rows.length, 2 * 90)
})

test('a bad value in one row takes no other along, and is counted with all its times', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped, forbid } = openDecisions(database)
  const bad = (at: number): string => decisions.refused(BAD, original({ target: `/bad/${at}` }), AS_SENT)
  for (let at = 0; at < 600; at++) {
    if (at === 0 || at === 77 || at === 599) for (let times = 0; times < 5; times++) bad(at)
    else forbid(`/${at}`, `10.0.${at % 250}.1`)
  }
  await assert.rejects(decisions.flush(), { code: '22P05' })
  await assert.rejects(decisions.flush(), { code: '22P05' })
  assert.deepEqual(dropped, { database: 15 })
  assert.equal((await collect(database, 1_000)).length, 597)
  bad(0)
  assert.deepEqual(dropped, { database: 16 })
  await decisions.flush()
})

test('what comes again while the database refuses it is counted once', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, dropped } = openDecisions(database)
  const note = (): string => decisions.refused(BAD, original(), AS_SENT)
  note()
  const flushing = decisions.flush()
  note()
  await assert.rejects(flushing, { code: '22P05' })
  await decisions.flush()
  assert.deepEqual(dropped, { database: 2 })
})

test('when the database is lost while rows are written around a bad one, the others are kept', async (t) => {
  const { database } = await openTestDatabase(t)
  let asked = 0
  const sometimes: Queryable = {
    query: (...given) =>
      ++asked === 3 ? Promise.reject(new PosternError('store_unavailable')) : database.query(...given),
  }
  const { decisions, dropped, forbid } = openDecisions(sometimes)
  decisions.refused(BAD, original(), AS_SENT)
  for (const path of ['/1', '/2', '/3']) forbid(path)
  await assert.rejects(decisions.flush(), { code: 'store_unavailable' })
  await assert.rejects(decisions.flush(), { code: '22P05' })
  assert.deepEqual([dropped, (await collect(database, 10)).length], [{ database: 1 }, 3])
})

test('what is noted does not hold on to the request that it was cut out of', () => {
  const { decisions } = openDecisions({ query: async () => [] })
  const before = usedMemory()
  for (let at = 0; at < 1_000; at++) decisions.refused(FORBID, cutOut(at), AS_SENT)
  assert.ok(usedMemory() - before < 5_000_000)
})

test('nothing is written while decisions are noted', () => {
  const asked: unknown[] = []
  const { decisions, forbid } = openDecisions({ query: async (...given) => void asked.push(given) as never })
  for (let at = 0; at < 10_000; at++) {
    decisions.passed(ALLOW, original())
    forbid(`/${at}`)
  }
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
