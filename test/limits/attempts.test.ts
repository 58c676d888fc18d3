import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { createDevices } from '../../src/limits/devices.ts'
import { createAttempts } from '../../src/limits/attempts.ts'
import type { Reservation } from '../../src/limits/attempts.ts'
import { LIST_ATTEMPTS } from '../../src/limits/attempts-table.ts'
import { KeyValueError } from '../../src/store/key-value.ts'
import type { AttemptStore } from '../../src/limits/attempt-store.ts'
import { createRedisAttempts } from '../../src/limits/redis-attempts.ts'
import { hashToken } from '../../src/lib/tokens.ts'
import type { Database } from '../../src/store/database.ts'
import { cookieNames } from '../../src/web/cookies.ts'
import { key, ringOf } from '../lib/rings.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser } from '../users/fixture.ts'
import { startRedis } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-topologies.ts'
import { openReady } from './fixture.ts'
import { attemptsContract } from './attempts.contract.ts'
import type { Place } from './attempts.contract.ts'

const [{ database: postgres }, embedded, one, cluster] = await Promise.all([
  openTestDatabase({ after }),
  openTestEmbedded({ after }),
  startRedis({ after }),
  startRedisCluster({ after }),
])
const [alone, spread] = await Promise.all([openReady({ after }, one.address), openReady({ after }, cluster.address)])

const ATTEMPT = { name: 'alice', userId: null, address: '203.0.113.9', deviceHash: null, factor: 'password' } as const

attemptsContract('PostgreSQL', () => placeOn(postgres, null))
attemptsContract('embedded', () => placeOn(embedded, null))
attemptsContract('Redis', () => placeOn(postgres, createRedisAttempts(alone, randomUUID())))
attemptsContract('a Redis cluster', () => placeOn(postgres, createRedisAttempts(spread, randomUUID())))

test('when Redis is gone the database counts, and never both', async (t) => {
  const server = await startRedis(t)
  const place = await placeOn(postgres, createRedisAttempts(await openReady(t, server.address), randomUUID()))
  const once = async (): Promise<Reservation> => place.attempts.reserve(ATTEMPT)
  for (let count = 0; count < 10; count++) assert.equal((await once()).kind, 'go')
  assert.equal((await once()).kind, 'stopped')
  assert.deepEqual(await postgres.query(LIST_ATTEMPTS, null, null, null, null, [], 10, Date.now()), [])
  await server.kill()
  for (let count = 0; count < 10; count++) assert.equal((await once()).kind, 'go')
  assert.deepEqual(await once(), { kind: 'stopped', retryAfterS: 60, until: 'time' })
  assert.equal(
    (await place.attempts.list({}, 10)).some(({ stoppedUntil }) => stoppedUntil !== null),
    true,
  )
  await assert.rejects(place.attempts.clear({}), KeyValueError)
})

test('an answer of Redis that is neither a count nor a stop has the database count', async () => {
  const odd = [
    null,
    'OK',
    [],
    ['gone'],
    ['go'],
    ['go', 1],
    ['go', 'x', 1, 1],
    ['go', 0, 0, 0],
    ['stopped'],
    ['stopped', 9, 1],
  ]
  for (const answer of odd) {
    const store = createRedisAttempts({ run: async () => answer }, '')
    const { attempts } = await placeOn(postgres, { ...store, clear: async () => 0 })
    const outcomes = []
    for (let count = 0; count < 11; count++) outcomes.push((await attempts.reserve(ATTEMPT)).kind)
    assert.deepEqual([new Set(outcomes.slice(0, -1)), outcomes.at(-1)], [new Set(['go']), 'stopped'], String(answer))
  }
})

test('a device is looked up whether anybody has the name or not', async () => {
  const asked: number[] = []
  const { known } = await placeOn(postgres, null)
  for (const userId of [known.userId, null]) {
    let queries = 0
    const query: Database['query'] = (...given) => (queries++, postgres.query(...given))
    const { attempts } = await placeOn({ ...postgres, query, transaction: (run) => postgres.transaction(run) }, null)
    queries = 0
    await attempts.reserve({ ...ATTEMPT, userId, deviceHash: known.deviceHash })
    asked.push(queries)
  }
  assert.deepEqual(asked, [2, 2])
})

async function placeOn(database: Database, shared: AttemptStore | null): Promise<Place> {
  const clock = { now: Date.now() }
  const devices = createDevices(ringOf(key(1)), { names: cookieNames(true), secure: true })
  const parts = { database, devices, shared, nameKey: randomBytes(32), now: () => clock.now }
  const attempts = createAttempts(parts)
  await attempts.clear({})
  const { id: userId } = await addUser(database)
  const seen = { userId, deviceHash: null, address: null, userAgent: '' }
  const token = await database.transaction((tx) => devices.learn(tx, seen))
  return { attempts, clock, known: { userId, deviceHash: hashToken(token ?? '') } }
}
