import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceOf } from '../../src/lib/device.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { createBinding } from '../../src/sessions/binding.ts'
import type { Binding, Move } from '../../src/sessions/binding.ts'
import { createTrail } from '../../src/sessions/trail.ts'
import type { Shown, Trail } from '../../src/sessions/trail.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { visitor } from '../verify/visitor.ts'
import { sessionsOver, signIn } from './fixture.ts'

const THERE = { clientAddress: '192.0.2.9', userAgent: 'elsewhere' }
const READ = statement<[], { networks: string[]; devices: string[]; sighted: string[] }>(
  'read',
  `select shown_networks as networks, shown_devices as devices,
     array(select network from auth.network_sightings order by network) as sighted from auth.sessions`,
)
const TEACH = statement<[network: string]>('teach', 'update auth.sessions set shown_networks = array[$1]')

test('before anybody is refused the database is asked what other processes have learnt', async (t) => {
  const { database, binding, principal, trail } = await open(
    t,
    async (cleanup) => (await openTestDatabase(cleanup)).database,
  )
  assert.equal(binding.admit(principal, trail, THERE), null)
  assert.equal(await binding.isMoved(principal, trail, THERE), true)
  await database.query(TEACH, '192.0.2.9')
  assert.equal(await binding.isMoved(principal, trail, THERE), false)
  assert.equal(binding.admit(principal, trail, THERE), principal)
})

test('a move waits until every process has written what it learnt, and is settled once', async (t) => {
  const { binding, principal, trail, settled, clock } = await open(t, openTestEmbedded)
  await binding.isMoved(principal, trail, THERE)
  await binding.isMoved(principal, trail, { ...THERE, userAgent: 'another' })
  for (const ms of [0, 1_000, 999]) {
    clock.ms += ms
    await binding.flush()
    assert.equal(settled.length, 0)
  }
  clock.ms += 1
  await binding.flush()
  await binding.flush()
  assert.deepEqual(
    settled.map(({ signInId, userAgent }) => [signInId, userAgent]),
    [[principal.signInId, 'elsewhere']],
  )
})

for (const [store, openStore] of Object.entries({
  PostgreSQL: async (t: Cleanup) => (await openTestDatabase(t)).database,
  embedded: openTestEmbedded,
})) {
  test(`what two processes learn of one sign-in at once is kept of both (${store})`, async (t) => {
    const { database, binding, principal, trail, another } = await open(t, openStore)
    const visit = { clientAddress: '203.0.113.7', userAgent: 'test' }
    for (const [mine, theirs] of [
      ['192.0.2.1', '192.0.2.2'],
      ['192.0.2.3', '192.0.2.4'],
    ] as const) {
      assert.equal(binding.admit(principal, trail, { ...visit, clientAddress: mine }), principal)
      const { binding: other, trail: otherTrail } = another()
      assert.equal(other.admit(principal, otherTrail, { ...visit, clientAddress: theirs }), principal)
      assert.equal(
        other.admit(principal, otherTrail, { ...visit, userAgent: `on ${theirs.replaceAll(/\d/g, 'x')}` }),
        principal,
      )
      await Promise.all([binding.flush(), other.flush()])
      await Promise.all([binding.flush(), other.flush()])
    }
    const [row] = await database.query(READ)
    assert.deepEqual(row?.networks.toSorted(), ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'])
    assert.deepEqual(row?.sighted, row?.networks.toSorted())
    assert.deepEqual(row?.devices, [deviceOf('on xxx.x.x.x')])
  })
}

test('what there is no room for is counted and not kept', async (t) => {
  const { binding, principal } = await open(t, openTestEmbedded)
  for (let person = 0; person < 10_005; person++) {
    const trail = createTrail({ networks: ['a'], devices: [deviceOf('d')], moves: [] })
    binding.admit({ ...principal, signInId: `s${person}` }, trail, { clientAddress: 'b', userAgent: 'd' })
  }
  assert.equal(binding.takeDropped(), 5)
  assert.equal(binding.takeDropped(), 0)
})

test('whoever moves one sign-in to ever new places takes no room from the moves of others', async () => {
  const settled: string[] = []
  const clock = { ms: 1_000_000 }
  const binding = createBinding({
    mode: 'notify',
    database: { query: async () => [] },
    networkOf: (address) => address,
    settle: async ({ signInId }) => void settled.push(signInId),
    now: () => clock.ms,
  })
  const began: Shown = { networks: ['a'], devices: [deviceOf('d')], moves: [] }
  const told: Shown = { ...began, moves: Array.from({ length: 8 }, (_, place) => `somewhere ${place}`) }
  const visit = (signInId: string, place: number, shown = began): void => {
    const there = {
      clientAddress: `n${place}`,
      userAgent: `on ${'x'.repeat(1 + (place % 400))}${'y'.repeat(place / 400)}`,
    }
    binding.admit({ ...visitor(), signInId }, createTrail(shown), there)
  }
  for (let place = 0; place < 10_005; place++) visit('a flood', place)
  for (let place = 0; place < 3; place++) visit('told of eight', place, told)
  visit('another', 1)
  assert.equal(binding.takeDropped(), 0)
  clock.ms += 2_000
  await binding.flush()
  assert.deepEqual(settled, [...Array.from({ length: 8 }, () => 'a flood'), 'another'])
  visit('a flood', 1)
  clock.ms += 2_000
  await binding.flush()
  assert.equal(settled.length, 10)
})

interface Opened {
  readonly database: Database
  readonly binding: Binding
  readonly principal: Principal
  /** As it was read when the sign-in began. */
  readonly trail: Trail
  readonly settled: readonly Move[]
  readonly clock: { ms: number }
  /** A process that knows no more than where the sign-in began. */
  readonly another: () => { readonly binding: Binding; readonly trail: Trail }
}

/** A strict binding in which each address is a network. */
async function open(t: Cleanup, openStore: (t: Cleanup) => Promise<Database>): Promise<Opened> {
  const database = await openStore(t)
  const { principal } = await signIn(await sessionsOver(database), database)
  const settled: Move[] = []
  const clock = { ms: 1_000_000 }
  const settle = async (move: Move): Promise<void> => void settled.push(move)
  const another = () => {
    const parts = { database, networkOf: (address: string) => address, settle, now: () => clock.ms }
    const trail = createTrail({ networks: ['203.0.113.7'], devices: [deviceOf('test')], moves: [] })
    return { binding: createBinding({ mode: 'strict', ...parts }), trail }
  }
  return { database, principal, settled, clock, another, ...another() }
}
