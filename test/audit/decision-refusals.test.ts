import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decided } from '../../src/audit/decision-entry.ts'
import { findDecision } from '../../src/audit/read-decisions.ts'
import { PosternError } from '../../src/errors.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { Queryable } from '../../src/store/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { ALICE, AS_SENT, FORBID, openDecisions, original } from './facts.ts'

const NOWHERE: Queryable = { query: async () => [] }
const MINUTE_MS = 60_000

test('the same refusal within a minute is one row that counts, whose number every visitor is shown', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, clock, repeated, forbid } = openDecisions(database)
  const id = forbid('/admin/x?one', '203.0.113.7')
  await decisions.flush()
  clock.now += 30_000
  assert.equal(forbid('/admin/x?two', '203.0.113.9'), id)
  assert.equal(forbid('/admin/x'), id)
  await decisions.flush()
  clock.now += 29_999
  assert.equal(forbid('/admin/x'), id)
  await decisions.flush()
  const row = await findDecision(database, id)
  assert.deepEqual([row?.times, row?.clientAddress, repeated()], [4, '203.0.113.7', 3])
})

test('a row says when the first and the last of it were', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, clock, forbid } = openDecisions(database)
  const id = forbid('/admin/x')
  clock.now += 45_000
  forbid('/admin/x')
  await decisions.flush()
  const row = await findDecision(database, id)
  assert.equal((row?.lastAt.getTime() ?? 0) - (row?.decidedAt.getTime() ?? 0), 45_000)
})

test('after the minute it is another row', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, clock, forbid } = openDecisions(database)
  const first = forbid('/admin/x')
  clock.now += MINUTE_MS
  const second = forbid('/admin/x')
  assert.notEqual(first, second)
  await decisions.flush()
  const rows = await Promise.all([first, second].map((id) => findDecision(database, id)))
  assert.deepEqual(
    rows.map((row) => row?.times),
    [1, 1],
  )
})

test('what differs in anything that an operator would ask for is told by itself', () => {
  const { decisions } = openDecisions(NOWHERE)
  const bob = { ...ALICE, userId: '00000000-0000-4000-8000-000000000b0b', login: 'bob' }
  const post = { ...original(), method: 'POST' }
  const elsewhere = { ...original(), host: { name: 'wiki.example.org', port: null } }
  const ways: readonly (readonly [Decided, OriginalRequest | null])[] = [
    [FORBID, original()],
    [{ ...FORBID, principal: bob }, original()],
    [{ ...FORBID, principal: null }, original()],
    [{ ...FORBID, rule: { number: 4 } }, original()],
    [{ ...FORBID, rule: null }, original()],
    [{ ...FORBID, app: { name: 'files' } }, original()],
    [{ ...FORBID, reason: 'not_named' }, original()],
    [{ kind: 'refuse', reason: 'missing_role' }, original()],
    [FORBID, original({ target: '/admin/y' })],
    [FORBID, original({ address: '203.0.114.7' })],
    [FORBID, post],
    [FORBID, elsewhere],
    [{ kind: 'refuse', reason: 'bad_host' }, null],
  ]
  const ids = ways.map(([decided, request]) => decisions.refused(decided, request, AS_SENT))
  assert.equal(new Set(ids).size, ways.length)
  assert.deepEqual(
    ways.map(([decided, request]) => decisions.refused(decided, request, AS_SENT)),
    ids,
  )
})

test('the log has the first of a minute, and once it is over how often it was repeated', async () => {
  const { decisions, clock, lines } = openDecisions(NOWHERE)
  const note = (): string => decisions.refused(FORBID, original(), { readingOf: () => '/admin/X', dialect: 'nginx' })
  const id = note()
  note()
  note()
  const line = {
    decisionId: id,
    decision: 'forbid',
    reason: 'missing_role',
    rule: 3,
    reading: '/admin/X',
    app: 'wiki',
    login: 'alice',
    method: 'GET',
    scheme: 'https',
    host: 'wiki.example.com:8443',
    path: '/admin/x',
    clientAddress: '203.0.113.7',
    dialect: 'nginx',
    msg: 'decision',
  }
  assert.deepEqual(lines, [line])
  clock.now += MINUTE_MS
  await decisions.flush()
  assert.deepEqual(lines, [line, { ...line, repeated: 2 }])
  await decisions.flush()
  assert.equal(lines.length, 2)
})

test('at the end it is told how often each was repeated so far', async () => {
  const { decisions, lines, forbid } = openDecisions(NOWHERE)
  for (const path of ['/a', '/b', '/b']) forbid(path)
  await decisions.end()
  assert.deepEqual(
    lines.map(({ path, repeated }) => [path, repeated]),
    [
      ['/a', undefined],
      ['/b', undefined],
      ['/b', 1],
    ],
  )
})

test('how the path was read is asked for once, and not of what is dropped', () => {
  const { decisions } = openDecisions(NOWHERE)
  let asked = 0
  const about = { readingOf: () => (asked++, null) }
  for (let times = 0; times < 3; times++)
    for (let at = 0; at < 130; at++) decisions.refused(FORBID, original({ target: `/${at}` }), about)
  assert.equal(asked, 120)
})

test('one in so many that pass is a line with a number, none where 0 was set', () => {
  for (const [logOneIn, expected] of [
    [0, 0],
    [1, 1_000],
    [100, 10],
  ] as const) {
    const { decisions, lines } = openDecisions(NOWHERE, logOneIn)
    for (let at = 0; at < 1_000; at++) decisions.passed({ ...FORBID, kind: 'allow' }, original(), 'forward')
    assert.equal(lines.length, expected, `1 in ${logOneIn}`)
    for (const line of lines) assert.match(JSON.stringify(line), /^\{"decisionId":"[0-9a-f]{12}","decision":"allow"/)
  }
})

test('the number of a line about one that passes is found, where it is among those that are kept', async (t) => {
  const { database } = await openTestDatabase(t)
  const { decisions, lines } = openDecisions(database, 100)
  for (let at = 0; at < 1_000; at++) decisions.passed({ ...FORBID, kind: 'allow' }, original())
  await decisions.flush()
  const found = await Promise.all(lines.map(({ decisionId }) => findDecision(database, String(decisionId))))
  assert.deepEqual(
    found.map((row) => row?.kind),
    Array.from({ length: 10 }, () => 'allow'),
  )
})

test('whatever comes in whatever order, times and what was dropped make up all that was refused', async () => {
  const step = fc.record({
    target: fc.integer({ min: 0, max: 400 }).map((number) => `/${number}`),
    network: fc.integer({ min: 0, max: 3 }).map((number) => `10.0.${number}.1`),
    pass: fc.integer({ min: 0, max: 2_000 }),
    flush: fc.boolean(),
    fail: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 1_000, size: 'max' }), async (steps) => {
      const table = new Map<string, number>()
      const broken = { is: false }
      const { decisions, dropped, clock, forbid } = openDecisions(tableOf(table, broken))
      for (const { target, network, pass, flush, fail } of steps) {
        forbid(target, network)
        clock.now += pass
        broken.is = fail
        if (flush) await decisions.flush().catch(() => undefined)
      }
      broken.is = false
      await decisions.end()
      const written = [...table.values()].reduce((sum, times) => sum + times, 0)
      const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
      assert.equal(written + lost, steps.length)
    }),
    { numRuns: 100 },
  )
})

/** Takes rows as the table does, but may break off before or after. */
function tableOf(table: Map<string, number>, broken: { is: boolean }): Queryable {
  let asked = 0
  return {
    async query({ label }, ...params) {
      const unreachable = new PosternError('store_unavailable')
      const isBefore = ++asked % 2 === 0
      if (broken.is && isBefore) throw unreachable
      if (label === 'write_decisions') {
        const rows = JSON.parse(String(params[0])) as { id: string; times: number }[]
        for (const { id, times } of rows) table.set(id, Math.max(times, table.get(id) ?? 0))
      }
      if (broken.is) throw unreachable
      return []
    },
  }
}
