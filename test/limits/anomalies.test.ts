import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidesOf } from '../../src/limits/attempt-sides.ts'
import type { AttemptFactor } from '../../src/limits/attempt-sides.ts'
import { claimAnomaly, closeSlots, findAnomalies } from '../../src/limits/anomalies.ts'
import type { Anomaly } from '../../src/limits/anomalies.ts'
import { createFailedNames, SLOT_MS, slotOf } from '../../src/limits/failed-names.ts'
import type { FailedNames } from '../../src/limits/failed-names.ts'
import { nearbyOf } from '../../src/limits/network.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { addUser } from '../users/fixture.ts'

const NAME_KEY = Buffer.alloc(32, 7)
const NOON = Date.UTC(2026, 10, 23, 12)
const LATER = 15_000
const PEER = '203.0.113.66'

const ADD_SIGN_IN = statement<[userId: string, address: string, ageMinutes: number]>(
  'add_sign_in',
  `insert into auth.sessions (user_id, session_epoch, factors, idle_timeout, expires_at, ip_address, created_at)
   values ($1, 0, '{}', interval '1 hour', now() + interval '1 hour', $2::inet, now() - $3 * interval '1 minute')`,
)
const ADD_SIGHTING = statement<[userId: string, network: string]>(
  'add_sighting',
  'insert into auth.network_sightings (user_id, network) values ($1, $2)',
)
const COUNT_ROWS = statement<[], { names: number; counts: number }>(
  'count_rows',
  `select (select count(*)::int from auth.failed_names) as names,
     (select count(*)::int from auth.failed_name_counts) as counts`,
)
const AGE_CLAIMS = statement<[]>('age_claims', `update auth.anomalies set told_at = told_at - interval '61 minutes'`)

const STORES: Readonly<Record<string, (t: Cleanup) => Promise<Database>>> = {
  PostgreSQL: async (t) => (await openTestDatabase(t)).database,
  embedded: openTestEmbedded,
}

for (const [store, open] of Object.entries(STORES)) {
  test(`a burst is many names from one network or from all together, and not the usual (${store})`, async (t) => {
    const database = await open(t)
    const clock = { ms: NOON }
    const failed = createFailedNames(database, () => clock.ms)
    burst(failed, { names: 19, address: PEER })
    assert.deepEqual(await bursts(database, failed, clock), [])
    burst(failed, { names: 20, address: PEER })
    assert.deepEqual(await bursts(database, failed, clock), ['203.0.113.66/32 20 usual 0'])
    for (let office = 0; office < 4; office++) burst(failed, { names: 10, address: `198.51.100.${office}`, from: 100 })
    for (let office = 4; office < 8; office++) burst(failed, { names: 10, address: `198.51.100.${office}`, from: 110 })
    assert.deepEqual(await bursts(database, failed, clock), ['203.0.113.66/32 20 usual 0'])
    burst(failed, { names: 20, address: '192.0.2.1', from: 200 })
    assert.deepEqual(await bursts(database, failed, clock), [
      '* 60 usual 0',
      '192.0.2.1/32 20 usual 0',
      '203.0.113.66/32 20 usual 0',
    ])
  })

  test(`what is usual within a day is no burst until it is three times that (${store})`, async (t) => {
    const database = await open(t)
    const clock = { ms: NOON }
    const failed = createFailedNames(database, () => clock.ms)
    for (let slot = 0; slot < 8; slot++) {
      burst(failed, { names: 21, address: PEER })
      await bursts(database, failed, clock)
      clock.ms = slotOf(clock.ms) + SLOT_MS
    }
    clock.ms += 2 * SLOT_MS
    await closeSlots(database, clock.ms)
    assert.deepEqual(await database.query(COUNT_ROWS), [{ names: 0, counts: 16 }])
    burst(failed, { names: 62, address: PEER })
    assert.deepEqual(await bursts(database, failed, clock), [])
    burst(failed, { names: 63, address: PEER })
    assert.deepEqual(await bursts(database, failed, clock), ['* 63 usual 21', '203.0.113.66/32 63 usual 21'])
  })

  test(`one account from eight networks within an hour is noticed, from seven or over more time not (${store})`, async (t) => {
    const database = await open(t)
    const [alice, bob, carol] = [await addUser(database), await addUser(database), await addUser(database)]
    for (let network = 0; network < 8; network++) {
      await database.query(ADD_SIGN_IN, alice.id, `203.0.${network}.7`, 30)
      await database.query(ADD_SIGN_IN, carol.id, `203.0.${network}.7`, network < 4 ? 30 : 90)
    }
    for (const address of ['203.0.1.1', '203.0.1.200', '2001:db8:0:1::1', '2001:db8:0:2::1', '192.0.2.1'])
      await database.query(ADD_SIGN_IN, bob.id, address, 5)
    for (const address of ['2001:db8::5', '198.51.100.1', '198.51.101.1', '198.51.102.1', '198.51.103.1'])
      await database.query(ADD_SIGHTING, bob.id, nearbyOf(address))
    const found = await findAnomalies(database, NOON)
    assert.deepEqual(
      found.map((each) => each.kind === 'many_networks' && [each.userId, each.networks.length]),
      [[alice.id, 8]],
    )
    await database.query(ADD_SIGHTING, bob.id, nearbyOf('198.51.104.1'))
    assert.equal((await findAnomalies(database, NOON)).length, 2)
  })

  test(`the same is told once an hour, by one of all who see it (${store})`, async (t) => {
    const database = await open(t)
    const anomaly: Anomaly = { kind: 'sign_in_burst', network: '*', names: 60, usual: 0, threshold: 50 }
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => database.transaction((tx) => claimAnomaly(tx, anomaly))),
    )
    assert.equal(claims.filter(Boolean).length, 1)
    assert.equal(await claimAnomaly(database, { ...anomaly, network: '203.0.113.66/32' }), true)
    await database.query(AGE_CLAIMS)
    assert.equal(await claimAnomaly(database, anomaly), true)
    assert.equal(await claimAnomaly(database, anomaly), false)
  })
}

test('who gets in is no failure, and one name by password and Basic is one', async (t) => {
  const { database } = await openTestDatabase(t)
  const clock = { ms: NOON }
  const failed = createFailedNames(database, () => clock.ms)
  for (let name = 0; name < 30; name++) {
    failed.note(sides(`person${name}`, PEER))
    if (name >= 12) failed.takeBack(sides(`person${name}`, PEER))
    failed.note(sides(`robot${name % 5}`, PEER, 'basic'))
    failed.note(sides(`robot${name % 5}`, PEER))
    failed.note(sides(`code${name}`, PEER, 'totp'))
  }
  await bursts(database, failed, clock)
  assert.deepEqual(await database.query(COUNT_ROWS), [{ names: 17, counts: 0 }])
})

test('DOS-07: a flood of names and networks takes a bounded number of rows in ten minutes', async (t) => {
  const { database } = await openTestDatabase(t)
  const clock = { ms: NOON }
  const failed = createFailedNames(database, () => clock.ms)
  for (let round = 0; round < 3; round++) {
    for (let name = 0; name < 5_000; name++) failed.note(sides(`n${round}.${name}`, `10.0.${name % 250}.${round}`))
    await bursts(database, failed, clock)
  }
  assert.deepEqual(await database.query(COUNT_ROWS), [{ names: 1_000, counts: 0 }])
})

test('what could not be written is written the next time', async (t) => {
  const { database } = await openTestDatabase(t)
  let isAway = true
  const clock = { ms: NOON }
  const shaky = {
    query: (...asked: Parameters<Database['query']>) =>
      isAway ? Promise.reject(new Error('away')) : database.query(...asked),
  }
  const failed = createFailedNames(shaky as Database, () => clock.ms)
  burst(failed, { names: 3, address: PEER })
  clock.ms += LATER
  await assert.rejects(failed.flush(), /away/)
  isAway = false
  await failed.flush()
  assert.deepEqual(await database.query(COUNT_ROWS), [{ names: 3, counts: 0 }])
})

function burst(
  failed: FailedNames,
  { names, address, from = 0 }: { names: number; address: string; from?: number },
): void {
  for (let name = from; name < from + names; name++) failed.note(sides(`name${name}`, address))
}

function sides(name: string, address: string, factor: AttemptFactor = 'password') {
  return sidesOf(NAME_KEY, { name, userId: null, address, deviceHash: null, factor }, false)
}

async function bursts(database: Database, failed: FailedNames, clock: { ms: number }): Promise<string[]> {
  const { ms } = clock
  clock.ms += LATER
  await failed.flush()
  clock.ms = ms
  const found = await findAnomalies(database, ms)
  return found
    .flatMap((each) => (each.kind === 'sign_in_burst' ? [`${each.network} ${each.names} usual ${each.usual}`] : []))
    .toSorted()
}
