import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { recordEvent } from '../../src/audit/events.ts'
import type { EventType } from '../../src/audit/events.ts'
import { assess, judgeRisk } from '../../src/limits/risk.ts'
import type { RiskFacts } from '../../src/limits/risk.ts'
import { weigh } from '../../src/limits/weigh.ts'
import type { Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser } from '../users/fixture.ts'
import type { Somebody } from '../users/fixture.ts'

const AS_EVER: RiskFacts = {
  signIns: 50,
  isKnownDevice: true,
  isKnownNetwork: true,
  isUsualHour: true,
  failuresBefore: 0,
  peopleFromNetwork: 0,
  wasReset: false,
}
const HOUR_MS = 3_600_000
const NOON = Date.UTC(2026, 10, 20, 12)
const SEEN = { failuresBefore: 0, peopleFromNetwork: 0 }
const MOVE = statement<[resource: string, atMs: number]>(
  'move',
  `update auth.auth_audit_log set occurred_at = to_timestamp($2::float8 / 1000)
   from (select set_config('session_replication_role', 'replica', true)) without_triggers where resource = $1`,
)

const CASES: readonly (readonly [facts: Partial<RiskFacts>, score: number, reasons: string])[] = [
  [{}, 0, ''],
  [{ isKnownDevice: false }, 20, 'new_device'],
  [{ isKnownDevice: false, isKnownNetwork: false }, 35, 'new_device new_network'],
  [{ signIns: 0, isKnownDevice: false, isKnownNetwork: false, isUsualHour: false }, 0, ''],
  [{ signIns: 9, isUsualHour: false }, 0, ''],
  [{ signIns: 10, isUsualHour: false }, 10, 'unusual_hour'],
  [{ failuresBefore: 2 }, 0, ''],
  [{ failuresBefore: 3 }, 10, 'failures_before'],
  [{ failuresBefore: 10 }, 25, 'many_failures_before'],
  [{ wasReset: true }, 20, 'after_reset'],
  [{ peopleFromNetwork: 4 }, 0, ''],
  [{ peopleFromNetwork: 5 }, 15, 'people_from_network'],
  [{ peopleFromNetwork: 20 }, 35, 'many_people_from_network'],
]

test('each point has its reason, and what is usual has none', () => {
  for (const [facts, score, reasons] of CASES) {
    const risk = assess({ ...AS_EVER, ...facts })
    assert.deepEqual([risk.score, risk.reasons.map(({ reason }) => reason).join(' ')], [score, reasons])
  }
})

test('a score is what its reasons add up to, at most 100, and what is worse never scores less', () => {
  const facts = fc.record({
    signIns: fc.nat(30),
    isKnownDevice: fc.boolean(),
    isKnownNetwork: fc.boolean(),
    isUsualHour: fc.boolean(),
    failuresBefore: fc.nat(30),
    peopleFromNetwork: fc.nat(30),
    wasReset: fc.boolean(),
  })
  fc.assert(
    fc.property(facts, (given) => {
      const { score, reasons } = assess(given)
      assert.equal(
        score,
        Math.min(
          100,
          reasons.reduce((sum, { points }) => sum + points, 0),
        ),
      )
      const worse = { ...given, failuresBefore: given.failuresBefore + 10, wasReset: true, isKnownDevice: false }
      assert.ok(assess(worse).score >= score)
    }),
  )
})

test('a threshold of 0 asks for nothing, any other for what reaches it', () => {
  const risk = { score: 35, reasons: [] }
  assert.deepEqual(judgeRisk(risk, { notify: 0, secondFactor: 0, stop: 0 }), {
    notify: false,
    secondFactor: false,
    stop: false,
  })
  assert.deepEqual(judgeRisk(risk, { notify: 30, secondFactor: 35, stop: 36 }), {
    notify: true,
    secondFactor: true,
    stop: false,
  })
})

const databases = await Promise.all([
  openTestDatabase({ after }).then(({ database }) => ['PostgreSQL', database] as const),
  openTestEmbedded({ after }).then((database) => ['embedded', database] as const),
])
for (const [name, database] of databases) {
  test(`${name}: the first sign-in of all is no risk, the next from elsewhere tells what is new`, async () => {
    const user = await addUser(database)
    const signIn = { userId: user.id, address: '192.0.2.7', isKnownDevice: false, seen: SEEN, nowMs: NOON }
    assert.equal((await weigh(database, signIn)).score, 0)
    await happened(database, user, { type: 'sign_in', atMs: NOON - 24 * HOUR_MS, address: '192.0.2.200' })
    assert.deepEqual(reasons(await weigh(database, signIn)), ['new_device'])
    const elsewhere = { ...signIn, address: '198.51.100.7' }
    assert.deepEqual(reasons(await weigh(database, elsewhere)), ['new_device', 'new_network'])
    assert.deepEqual(reasons(await weigh(database, { ...elsewhere, isKnownDevice: true })), ['new_network'])
  })

  test(`${name}: an hour is unusual when none of ten sign-ins was within two of it, over midnight too`, async () => {
    const user = await addUser(database)
    for (let day = 1; day <= 10; day++)
      await happened(database, user, { type: 'sign_in', atMs: NOON - day * 24 * HOUR_MS - 13 * HOUR_MS })
    const signIn = { userId: user.id, address: null, isKnownDevice: true, seen: SEEN }
    const unusual = async (hour: number): Promise<boolean> =>
      reasons(await weigh(database, { ...signIn, nowMs: NOON + (hour - 12) * HOUR_MS })).includes('unusual_hour')
    const usual = []
    for (let hour = 0; hour < 24; hour++) if (!(await unusual(hour))) usual.push(hour)
    assert.deepEqual(usual, [0, 1, 21, 22, 23])
  })

  test(`${name}: a day after a reset counts, whoever reset; what others had does not`, async () => {
    const user = await addUser(database)
    const other = await addUser(database)
    const signIn = { userId: user.id, address: null, isKnownDevice: true, seen: SEEN, nowMs: NOON }
    await happened(database, other, { type: 'password_reset', atMs: NOON - HOUR_MS })
    assert.equal((await weigh(database, signIn)).score, 0)
    await happened(database, null, { type: 'factors_reset', atMs: NOON - HOUR_MS, resource: `user:${user.login}` })
    assert.deepEqual(reasons(await weigh(database, signIn)), ['after_reset'])
    assert.equal((await weigh(database, { ...signIn, nowMs: NOON + 24 * HOUR_MS })).score, 0)
    assert.deepEqual(reasons(await weigh(database, { ...signIn, userId: other.id })), ['after_reset'])
  })
}

function reasons(risk: Awaited<ReturnType<typeof weigh>>): string[] {
  return risk.reasons.map(({ reason }) => reason)
}

interface Happened {
  readonly type: EventType
  readonly atMs: number
  readonly address?: string
  readonly resource?: string
}

async function happened(
  tx: Queryable,
  user: Somebody | null,
  { type, atMs, address, resource }: Happened,
): Promise<void> {
  const mark = resource ?? randomUUID()
  const actor = user === null ? null : { userId: user.id, login: user.login }
  await recordEvent(tx, { type, result: 'success', actor, address: address ?? null, resource: mark })
  await tx.query(MOVE, mark, atMs)
}
