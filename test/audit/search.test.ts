import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import fc from 'fast-check'
import { readQuestion, readTime } from '../../src/audit/search-filter.ts'
import type { EventFilter, EventQuestion } from '../../src/audit/search-filter.ts'
import { isCursor, MAX_PAGE, searchEvents } from '../../src/audit/search.ts'
import * as table from '../../src/audit/search-table.ts'
import type { EventParams, EventRow, EventStatement } from '../../src/audit/search-table.ts'
import { readNetworks } from '../../src/lib/address.ts'
import type { Connection, Database, Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { fillLog, writeRows } from './log-rows.ts'
import type { GivenRow } from './log-rows.ts'

const PLANS_FOR_ALL = statement<[], { count: number }>(
  'plans_for_all',
  `select coalesce(sum(generic_plans), 0)::int as count from pg_prepared_statements where name like 'events_by_%'`,
)
const NOW = Date.parse('2026-11-23T12:00:00Z')
const IDS = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'] as const

/** Few values each, so that they meet. */
const ROW: fc.Arbitrary<GivenRow> = fc.record({
  at: fc.constantFrom(
    '2026-11-01T00:00:00Z',
    '2026-11-02T00:00:00.000001Z',
    '2026-12-01T00:00:00Z',
    '2027-05-05T05:05:05Z',
  ),
  type: fc.constantFrom('sign_in', 'sign_out'),
  resource: fc.constantFrom(null, 'user:alice', 'app:wiki'),
  result: fc.constantFrom('success', 'failure'),
  actorId: fc.constantFrom(null, ...IDS),
  login: fc.constantFrom(null, 'alice', 'bob'),
  address: fc.constantFrom(null, '10.0.0.1', '10.0.0.200', '10.9.0.1', '2001:db8::1', '2001:db8:1::1'),
  requestId: fc.constantFrom(null, 'r1', 'r2'),
  details: fc.constantFrom({}, { app: 'wiki' }, { scope: { apps: ['wiki', 'git'] } }, { scope: null }),
})
const QUESTION: fc.Arbitrary<EventQuestion> = fc.record(
  {
    actor: fc.constantFrom('Alice', 'bob', ...IDS),
    type: fc.constantFrom('sign_in', 'sign_out', 'other'),
    app: fc.constantFrom('wiki', 'git', 'mail'),
    resource: fc.constantFrom('user:alice', 'app:wiki'),
    result: fc.constantFrom('success', 'failure'),
    address: fc.constantFrom(
      '10.0.0.1',
      '10.0.0.0/24',
      '10.0.0.0/8',
      '0.0.0.0/1',
      '2001:db8::/48',
      '2001:db8::/32',
      '2001:db8::1',
    ),
    requestId: fc.constantFrom('r1', 'r3'),
    since: fc.constantFrom('2026-11-02', '2026-11-02T00:00:00.000001Z', '2026-11-02T00:00:00.000002Z'),
    until: fc.constantFrom('2026-12-01', '2026-11-02T00:00:00.000001Z', '2027-06-01T00:00:00+02:00'),
  },
  { requiredKeys: [] },
)

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, openDatabase] of Object.entries(drivers)) {
  suite(`the search in ${driver}`, async () => {
    const database = await openDatabase({ after })
    const rows = fc.sample(ROW, { numRuns: 300, seed: 7 })
    const seqs = await writeRows(database, rows)

    test('gives what the question asks for, whole and in order, whatever the size of a page', async () => {
      const runs = driver === 'PostgreSQL' ? 150 : 40
      const sizes = fc.constantFrom(1, 2, 7, 100, MAX_PAGE)
      const property = fc.asyncProperty(
        QUESTION,
        fc.constantFrom('newest', 'oldest'),
        sizes,
        async (question, order, limit) => {
          const found = await searchAll(database, filterOf(question), order, limit)
          const oldest = rows
            .flatMap((row, index) =>
              matches(row, question) ? [{ at: Date.parse(row.at), row, seq: seqs[index] }] : [],
            )
            .toSorted(
              (one, other) =>
                one.at - other.at ||
                Number(one.row.at > other.row.at) - Number(one.row.at < other.row.at) ||
                Number(one.seq) - Number(other.seq),
            )
          const expected = order === 'oldest' ? oldest : oldest.toReversed()
          assert.deepEqual(
            found.map(({ seq }) => seq),
            expected.map(({ seq }) => seq),
          )
        },
      )
      await fc.assert(property, { numRuns: runs, seed: 11 })
    })

    test('gives every column as it stands in the log', async () => {
      const details = { n: 1, text: 'ä\u0001\u2028' }
      const [seq] = await writeRows(database, [
        {
          at: '2020-01-01T00:00:00.123456Z',
          type: 'step_up',
          action: 'access',
          resource: 'user:x',
          result: 'failure',
          actorId: IDS[0],
          login: 'x',
          sessionId: IDS[1],
          address: '2001:db8::5',
          userAgent: 'curl\u001b[31m',
          requestId: 'abc',
          risk: 40,
          details,
        },
      ])
      const { events } = await searchEvents(database, filterOf({ until: '2020-06-01' }), {
        order: 'newest',
        limit: 5,
        cursor: null,
      })
      const [{ id, ...rest }, ...others] = events as [EventRow, ...EventRow[]]
      assert.match(id, /^[0-9a-f-]{36}$/)
      assert.deepEqual(others, [])
      assert.deepEqual(
        { ...rest, details: JSON.parse(rest.details) as unknown },
        {
          seq,
          occurred_at: '2020-01-01T00:00:00.123456Z',
          event_type: 'step_up',
          action: 'access',
          resource: 'user:x',
          result: 'failure',
          actor_id: IDS[0],
          actor_login: 'x',
          session_id: IDS[1],
          ip_address: '2001:db8::5',
          user_agent: 'curl\u001b[31m',
          request_id: 'abc',
          risk_score: 40,
          details,
        },
      )
    })
  })
}

test('each question finds its index among 100,000 rows, with a plan for all values as with one for these', async (t) => {
  const { database } = await openTestDatabase(t)
  await fillLog(database, 100_000)
  const day = { since: '1d' }
  const cases: readonly (readonly [EventStatement, EventQuestion, index: RegExp])[] = [
    [table.EVENTS_BY_TIME, day, /occurred_at/],
    [table.EVENTS_BY_TIME, { ...day, result: 'failure', app: 'wiki' }, /occurred_at/],
    [table.EVENTS_BY_ACTOR_ID, { actor: IDS[0] }, /actor_id =/],
    [table.EVENTS_BY_ACTOR_LOGIN, { actor: 'person7' }, /actor_login =/],
    [table.EVENTS_BY_TYPE, { ...day, type: 'roles_changed' }, /event_type =|occurred_at/],
    [table.EVENTS_BY_TYPE, { type: 'not_there' }, /event_type =/],
    [table.EVENTS_BY_RESOURCE, { resource: 'user:person7' }, /resource =/],
    [table.EVENTS_BY_ADDRESS, { address: '10.0.1.1' }, /ip_address =/],
    [table.EVENTS_BY_NETWORK, { address: '10.0.1.0/30' }, /ip_address >=/],
    [table.EVENTS_BY_REQUEST, { requestId: 'request-77' }, /request_id =/],
    [table.OLDEST_BY_TIME, day, /occurred_at/],
    [table.OLDEST_BY_ACTOR_ID, { actor: IDS[0] }, /actor_id =/],
    [table.OLDEST_BY_ACTOR_LOGIN, { actor: 'person7' }, /actor_login =/],
    [table.OLDEST_BY_TYPE, { type: 'not_there' }, /event_type =/],
    [table.OLDEST_BY_RESOURCE, { resource: 'user:person7' }, /resource =/],
    [table.OLDEST_BY_ADDRESS, { address: '10.0.1.1' }, /ip_address =/],
    [table.OLDEST_BY_REQUEST, { requestId: 'request-77' }, /request_id =/],
  ]
  const filled = new Set((await database.query(FILLED)).map(({ name }) => name))
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await database.withConnection(async (connection) => {
      await connection.script(`set plan_cache_mode = ${mode}`)
      for (const [asked, question, index] of cases) {
        const scans = (await scansOf(connection, asked, question)).filter(({ relation }) => filled.has(relation))
        assert.ok(scans.length > 0, asked.label)
        for (const { kind, condition } of scans) {
          assert.notEqual(kind, 'Seq Scan', `${asked.label} under ${mode}`)
          assert.match(condition, index, `${asked.label} under ${mode}`)
        }
      }
      await connection.script('reset plan_cache_mode')
    })
  }
})

test('a search by app looks at no row that tells of none', async (t) => {
  const { database } = await openTestDatabase(t)
  await fillLog(database, 20_000)
  const asked: { made: EventStatement; given: EventParams }[] = []
  const spy = { query: async (made: EventStatement, ...given: EventParams) => (asked.push({ made, given }), []) }
  for (const order of ['newest', 'oldest'] as const) {
    const filter = filterOf({ app: 'not-there' })
    await searchEvents(spy as unknown as Queryable, filter, { order, limit: 50, cursor: null })
    const { made, given } = asked.pop() ?? assert.fail('not asked')
    const plan = await database.withConnection(async (connection) => {
      const literals = given.map((value) => (value === null ? 'null' : `'${value}'`)).join(', ')
      await connection.script(`prepare ${order} as ${made.text}`)
      const explain = `explain (analyze, costs off, timing off) execute ${order}(${literals})`
      return connection.query(statement<[], { 'QUERY PLAN': string }>(`explain_by_app_${order}`, explain))
    })
    const text = plan.map((row) => row['QUERY PLAN']).join('\n')
    const removed = [...text.matchAll(/Rows Removed by (?:Filter|Index Recheck): (\d+)/g)].map(([, count]) =>
      Number(count),
    )
    assert.ok(removed.reduce((sum, count) => sum + count, 0) < 5_000, text)
  }
})

test('a time is a moment or a length before now, and nothing else', () => {
  const right = [
    ['2h', '2026-11-23T10:00:00.000Z'],
    ['7d', '2026-11-16T12:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['2026-01-31 12:30', '2026-01-31T12:30:00Z'],
    ['2026-01-31T12:30:15.123456+02:00', '2026-01-31T10:30:15.123456Z'],
  ] as const
  for (const [text, iso] of right) assert.equal(readTime(text, NOW), iso)
  const wrong = [
    '',
    '2',
    'h',
    '-2h',
    '2026',
    '2026-02-30',
    '2026-13-01',
    '2026-01-01T25:00',
    '0000-01-01',
    '99999999d',
    "now'; drop",
    '2026-01-01T00:00:00+99:00',
  ]
  for (const text of wrong) assert.equal(readTime(text, NOW), null, text)
})

test('what no question can be is told, and never reaches the database', () => {
  const wrong: readonly EventQuestion[] = [
    { result: 'maybe' },
    { address: '10.0.0.1/24' },
    { address: '[2001:db8::1]:80' },
    { address: 'localhost' },
    { since: 'yesterday' },
    { until: '2026-02-30' },
    { actor: 'x'.repeat(257) },
    { resource: 'a\0b' },
  ]
  for (const question of wrong) assert.equal(typeof readQuestion(question, NOW), 'string', JSON.stringify(question))
})

test('a cursor is taken only as it was given', async () => {
  const given = (text: string): string => Buffer.from(text).toString('base64url')
  assert.ok(isCursor(given('2026-01-31T12:00:00.000000Z 17')))
  const wrong = [
    '',
    'x',
    given('2026-01-31T12:00:00Z 17'),
    given('2026-02-31T12:00:00.000000Z 17'),
    given('2026-01-31T12:00:00.000000Z 9223372036854775808'),
    given("2026-01-31T12:00:00.000000Z 1' or"),
  ]
  for (const text of wrong) assert.ok(!isCursor(text), text)
  const unasked = { query: () => assert.fail('asked') } as unknown as Queryable
  await assert.rejects(searchEvents(unasked, filterOf({}), { order: 'newest', limit: 1, cursor: 'x' }), RangeError)
})

const FILLED = statement<[], { name: string }>(
  'filled',
  `select c.relname as name from pg_class c join pg_inherits i on i.inhrelid = c.oid
   where i.inhparent = 'auth.auth_audit_log'::regclass and c.reltuples > 100`,
)

interface Scan {
  readonly kind: string
  readonly relation: string
  readonly condition: string
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Recheck Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

test('a search is planned for what it asks, whatever was searched for before on its connection', async (t) => {
  const { database } = await openTestDatabase(t)
  await fillLog(database, 20_000)
  await database.withConnection(async (connection) => {
    const on = { ...database, query: connection.query.bind(connection) }
    const day = { since: '2026-01-01' }
    const search = (question: EventQuestion) =>
      searchEvents(on, readQuestion(question, Date.now()) as EventFilter, { order: 'newest', limit: 5, cursor: null })
    for (let round = 0; round < 8; round++) await search({ ...day, app: 'wiki' })
    await search(day)
    assert.deepEqual(await connection.query(PLANS_FOR_ALL), [{ count: 0 }])
  })
})

/** How the planner would reach the rows of each partition. */
async function scansOf(
  connection: Connection,
  { label, text }: EventStatement,
  question: EventQuestion,
): Promise<Scan[]> {
  let params: EventParams | null = null
  const spy = { query: async (_: unknown, ...given: EventParams) => ((params = given), []) } as unknown as Queryable
  await searchEvents(spy, filterOf(question), { order: 'newest', limit: 50, cursor: null })
  const values = (params ?? assert.fail('not asked')) as EventParams
  const literals = values.map((value) => (value === null ? 'null' : `'${value}'`)).join(', ')
  const explain = statement<[], { 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `explain_${label}`,
    `explain (format json) execute ${label}(${literals})`,
  )
  await connection.script(`prepare ${label} as ${text}`)
  const [row] = await connection.query(explain)
  await connection.script(`deallocate ${label}`)
  const walk = (node: PlanNode): Scan[] => {
    const relation = node['Relation Name']
    const condition = node['Index Cond'] ?? node['Recheck Cond'] ?? ''
    const own = relation === undefined ? [] : [{ kind: node['Node Type'], relation, condition }]
    return [...own, ...(node.Plans ?? []).flatMap(walk)]
  }
  return row?.['QUERY PLAN'].flatMap(({ Plan: plan }) => walk(plan)) ?? []
}

function filterOf(question: EventQuestion): EventFilter {
  const filter = readQuestion(question, question.since === '1d' ? Date.now() : NOW)
  return typeof filter === 'string' ? assert.fail(filter) : filter
}

async function searchAll(
  database: Queryable,
  filter: EventFilter,
  order: 'newest' | 'oldest',
  limit: number,
): Promise<EventRow[]> {
  const found: EventRow[] = []
  let cursor: string | null = null
  do {
    const { events, next } = await searchEvents(database, filter, { order, limit, cursor })
    found.push(...events)
    assert.ok(next === null || isCursor(next))
    cursor = next
  } while (cursor !== null)
  return found
}

function matches(row: GivenRow, question: EventQuestion): boolean {
  const { actor, type, app, resource, result, address, requestId, since, until } = question
  const details = row.details as { app?: string; scope?: { apps: string[] } | null }
  const networks = address === undefined ? null : readNetworks([address])
  const apps = [row.resource === 'app:wiki' ? 'wiki' : '', details.app, ...(details.scope?.apps ?? [])]
  // Those of one form compare as texts.
  const moment = (text: string): string =>
    `${new Date(text).toISOString().slice(0, 19)}.${(/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(6, '0')}`
  return (
    (actor === undefined || row.actorId === actor || row.login === actor.toLowerCase()) &&
    (type === undefined || row.type === type) &&
    (app === undefined || apps.includes(app)) &&
    (resource === undefined || row.resource === resource) &&
    (result === undefined || row.result === result) &&
    (networks === null ||
      (typeof networks !== 'string' && typeof row.address === 'string' && networks.contain(row.address))) &&
    (requestId === undefined || row.requestId === requestId) &&
    (since === undefined || moment(row.at) >= moment(since)) &&
    (until === undefined || moment(row.at) < moment(until))
  )
}
