import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { createDevices } from '../../src/limits/devices.ts'
import { createAttempts } from '../../src/limits/attempts.ts'
import type { AttemptStore } from '../../src/limits/attempt-store.ts'
import { hashToken } from '../../src/lib/tokens.ts'
import type { Database } from '../../src/store/database.ts'
import { cookieNames } from '../../src/web/cookies.ts'
import { key, ringOf } from '../lib/rings.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { addUser } from '../users/fixture.ts'
import { attemptsContract } from './attempts.contract.ts'
import type { Place } from './attempts.contract.ts'

const [{ database: postgres }, embedded] = await Promise.all([openTestDatabase({ after }), openTestEmbedded({ after })])

attemptsContract('PostgreSQL', () => placeOn(postgres, null))
attemptsContract('embedded', () => placeOn(embedded, null))

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
