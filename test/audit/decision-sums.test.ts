import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import fc from 'fast-check'
import type { Decided } from '../../src/audit/decision-entry.ts'
import { PRUNE_DECISION_SUMS } from '../../src/audit/decision-sums-table.ts'
import { createDecisionSums } from '../../src/audit/decision-sums.ts'
import type { Decisions } from '../../src/audit/decisions.ts'
import { listDecisionSums } from '../../src/audit/read-decisions.ts'
import { PosternError } from '../../src/errors.ts'
import type { Database, Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { ALICE, ALLOW, FORBID, openDecisions, original, SIGN_IN } from './facts.ts'

const ROWS = statement<[], { hour: string; user_id: string | null; app: string; kind: string; count: number }>(
  'rows',
  `select to_char(hour at time zone 'utc', 'HH24:MI') as hour, user_id, app, kind, count::int as count
   from auth.decision_sums order by hour, app, kind, user_id`,
)
const CLEAR = statement<[]>('clear', 'delete from auth.decision_sums')
const HOUR_MS = 3_600_000
const NINE = Date.parse('2026-11-23T09:00:00Z')
const ALL = { since: new Date(0), login: null, app: null }

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, openDatabase] of Object.entries(drivers)) {
  suite(`sums of decisions in ${driver}`, async () => {
    const database = await openDatabase({ after })

    test('decisions are counted by hour, user, app and kind, each in its own hour', async () => {
      const { decisions, clock } = openDecisions(database)
      clock.wall = NINE + HOUR_MS - 2
      const files: Decided = { ...ALLOW, app: { name: 'files' } }
      for (const decided of [ALLOW, ALLOW, SIGN_IN, FORBID, files]) note(decisions, decided)
      clock.now += 1
      clock.wall += 1
      note(decisions, ALLOW)
      clock.now += 1
      clock.wall += 1
      note(decisions, ALLOW)
      note(decisions, { kind: 'refuse', reason: 'bad_host' })
      await decisions.end()
      assert.deepEqual(await rows(database), [
        ['09:00', ALICE.userId, 'files', 'allow', 1],
        ['09:00', ALICE.userId, 'wiki', 'allow', 3],
        ['09:00', ALICE.userId, 'wiki', 'forbid', 1],
        ['09:00', null, 'wiki', 'sign_in', 1],
        ['10:00', ALICE.userId, 'wiki', 'allow', 1],
      ])
    })

    test('several processes add to the same sums', async () => {
      await database.query(CLEAR)
      const processes = Array.from({ length: 3 }, () => openDecisions(database))
      for (const { decisions, clock } of processes) {
        clock.wall = NINE
        for (let times = 0; times < 10; times++) note(decisions, times % 2 === 0 ? ALLOW : SIGN_IN)
      }
      await Promise.all(processes.map(({ decisions }) => decisions.end()))
      assert.deepEqual(await rows(database), [
        ['09:00', ALICE.userId, 'wiki', 'allow', 15],
        ['09:00', null, 'wiki', 'sign_in', 15],
      ])
    })

    test('they are listed over their hours, and removed once they are old', async () => {
      await database.query(CLEAR)
      const { decisions, clock } = openDecisions(database)
      for (const hour of [NINE, NINE + HOUR_MS, NINE + 2 * HOUR_MS]) {
        clock.wall = hour
        note(decisions, ALLOW)
        await decisions.end()
        clock.now += HOUR_MS
      }
      const since = { ...ALL, since: new Date(NINE + HOUR_MS + 1) }
      const [[all], [late], none] = await Promise.all([
        listDecisionSums(database, ALL, 10),
        listDecisionSums(database, since, 10),
        listDecisionSums(database, { ...ALL, login: 'alice' }, 10),
      ])
      assert.deepEqual([all?.count, all?.firstHour.getTime(), all?.lastHour.getTime()], [3, NINE, NINE + 2 * HOUR_MS])
      assert.deepEqual([all?.userId, all?.login, late?.count, none], [ALICE.userId, null, 2, []])
      const [pruned] = await database.query(PRUNE_DECISION_SUMS, Date.now() - NINE - HOUR_MS / 2)
      assert.equal(pruned?.removed, 1)
    })
  })
}

test('sums are written every ten seconds, however often the rest is', async () => {
  const asked: string[] = []
  const { decisions, clock } = openDecisions({
    query: async (...given) => {
      asked.push(given[0].label)
      return []
    },
  })
  for (let second = 0; second < 30; second++) {
    note(decisions, ALLOW)
    clock.now += 1_000
    await decisions.flush()
  }
  assert.equal(asked.filter((label) => label === 'add_decision_sums').length, 3)
})

test('whatever passes while the database comes and goes, the sums are what was counted', async () => {
  const step = fc.record({
    user: fc.option(fc.integer({ min: 0, max: 5 }).map(String)),
    app: fc.constantFrom('wiki', 'files', 'mail'),
    pass: fc.integer({ min: 0, max: HOUR_MS / 2 }),
    flush: fc.boolean(),
    up: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 300, size: 'max' }), async (steps) => {
      const written = new Map<string, number>()
      const up = { is: true }
      let wall = NINE
      const sums = createDecisionSums({
        database: tableOf(written, up),
        onLost: (count) => assert.fail(`${count} lost`),
        clock: () => wall,
      })
      const expected = new Map<string, number>()
      for (const { user, app, pass, flush, up: isUp } of steps) {
        sums.count('allow', app, user, wall - NINE)
        add(expected, `${Math.floor(wall / HOUR_MS) * HOUR_MS} ${user ?? ''} ${app} allow`, 1)
        wall += pass
        up.is = isUp
        if (flush) await sums.flush().catch(() => undefined)
      }
      up.is = true
      await sums.flush()
      assert.deepEqual(sorted(written), sorted(expected))
    }),
    { numRuns: 200 },
  )
})

test('beyond what memory is for, users and apps are in no sum and are counted as dropped', async () => {
  const dropped = { count: 0 }
  const database: Queryable = { query: () => Promise.reject(new PosternError('store_unavailable')) }
  const onLost = (count: number): void => void (dropped.count += count)
  const sums = createDecisionSums({ database, onLost, clock: () => NINE })
  for (let round = 0; round < 4; round++) {
    for (let user = 0; user < 20_100; user++) sums.count('allow', 'wiki', `${round} ${user}`, 0)
    await assert.rejects(sums.flush())
  }
  assert.equal(dropped.count, 4 * 100 + 30_000)
})

function note(decisions: Decisions, decided: Decided): void {
  if (decided.kind === 'allow' || decided.kind === 'sign_in') decisions.passed(decided, original())
  else decisions.refused(decided, original(), { readingOf: () => null })
}

async function rows(database: Database): Promise<unknown[]> {
  return (await database.query(ROWS)).map(({ hour, user_id, app, kind, count }) => [hour, user_id, app, kind, count])
}

function tableOf(written: Map<string, number>, up: { is: boolean }): Queryable {
  return {
    async query(_statement, ...params) {
      if (!up.is) throw new PosternError('store_unavailable')
      const given = JSON.parse(String(params[0])) as Record<string, string | number | null>[]
      for (const { hour_ms: hour, user_id: user, app, kind, count } of given)
        add(written, `${hour} ${user ?? ''} ${app} ${kind}`, Number(count))
      return []
    },
  }
}

function add(sums: Map<string, number>, key: string, count: number): void {
  sums.set(key, (sums.get(key) ?? 0) + count)
}

function sorted(sums: Map<string, number>): readonly (readonly [string, number])[] {
  return [...sums].toSorted(([one], [other]) => (one < other ? -1 : 1))
}
