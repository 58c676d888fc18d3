import { randomInt } from 'node:crypto'
import { FIND_PRINCIPAL } from '../../src/sessions/sessions-table.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { administer, MIGRATIONS } from '../../test/support/postgres.ts'
import { addRole, populate, SESSIONS_EACH, tokenHashOf } from '../population.ts'
import { median } from '../statistics.ts'
import { timed } from '../times.ts'
import { finding, latencies } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Ground } from './ground.ts'

const FEW = 1_000
const MANY = 1_000_000
const WARM_UP = 500
const ASKED = 4_000
const GOAL = 1.5

/** The read of a session among few and among many, in turns through the program's driver. */
export async function measureLookup({ place, opened, signal }: Ground): Promise<Finding[]> {
  const [few, many] = [
    await openDatabase(place.databaseUrl, FEW, opened),
    await openDatabase(place.databaseUrl, MANY, opened),
  ]
  const durations = { few: [] as number[], many: [] as number[] }
  for (let turn = 0; turn < WARM_UP + ASKED; turn++) {
    signal.throwIfAborted()
    await timed(durations.few, () => find(few, FEW))
    await timed(durations.many, () => find(many, MANY))
  }
  const [amongFew, amongMany] = [durations.few.slice(WARM_UP), durations.many.slice(WARM_UP)]
  return [
    ...latencies('L3 look-up among 1,000 sessions', amongFew),
    ...latencies('L3 look-up among 1,000,000 sessions', amongMany),
    finding('the same, 1,000,000 against 1,000, p50', median(amongMany) / median(amongFew), 'times', GOAL),
  ]
}

async function find(database: Database, sessions: number): Promise<void> {
  const [row] = await database.query(FIND_PRINCIPAL, tokenHashOf(randomInt(sessions) + 1))
  if (row === undefined) throw new Error('the database of the bench lacks a session')
}

async function openDatabase(besideUrl: string, sessions: number, opened: AsyncDisposableStack): Promise<Database> {
  const urlPrefix = besideUrl.slice(0, besideUrl.lastIndexOf('/') + 1)
  const name = `sessions_${sessions}`
  await administer(urlPrefix, `create database ${name}`)
  const database = openPostgres({ url: urlPrefix + name, poolSize: 1 })
  opened.defer(() => database.close())
  await migrate(database, MIGRATIONS)
  await addRole(database)
  await populate(database, sessions / SESSIONS_EACH)
  return database
}
