import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { createLastSeen } from '../../src/sessions/last-seen.ts'
import { LIST_SIGN_INS } from '../../src/sessions/sessions-table.ts'
import { insertEvents, insertRefusals } from '../pages-population.ts'
import { residentMb } from '../processes.ts'
import { startGateway } from '../sessions/gateway.ts'
import type { Ground } from '../sessions/ground.ts'
import { askAll } from '../sessions/memory.ts'
import { connectMany } from '../sessions/verify-connection.ts'
import type { Coefficients } from './model.ts'
import type { PostgresUse } from './postgres-use.ts'

/** Principals in memory, and what the process then had resident. */
export interface MemoryPoint {
  readonly principals: number
  readonly mb: number
}

const STEPS = [10_000, 50_000, 100_000]
const CONNECTIONS = 32
const BYTES_PER_MB = 1_048_576
const ROWS = 50_000
const TOUCHED = 20_000
/** How long a process answers from memory before its own is read: what was only for the filling is gone then. */
const ANSWERING_MS = 3_000

/** A process with nobody in memory, and with 10,000, 50,000 and 100,000 principals. */
export async function measureMemoryPoints({ place, signInMany, opened }: Ground): Promise<MemoryPoint[]> {
  const most = Math.max(...STEPS)
  const tokens = await signInMany(most)
  const { verify, pids } = await startGateway(place, opened)
  const connections = await connectMany(verify, CONNECTIONS, { opened })
  await askAll(connections, tokens.slice(0, CONNECTIONS))
  const points: MemoryPoint[] = [{ principals: 0, mb: residentMb(pids) }]
  let asked = 0
  for (const principals of STEPS) {
    await askAll(connections, tokens.slice(asked, principals))
    asked = principals
    const until = performance.now() + ANSWERING_MS
    while (performance.now() < until) await askAll(connections, tokens.slice(principals - 1_000, principals))
    points.push({ principals, mb: residentMb(pids) })
  }
  return points
}

/** The straight line through the points with the least squares, in bytes. */
export function fitMemory(points: readonly MemoryPoint[]): { baseBytes: number; principalBytes: number } {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(({ principals }) => principals)), mean(points.map(({ mb }) => mb))]
  const slope =
    points.reduce((sum, { principals, mb }) => sum + (principals - x) * (mb - y), 0) /
    points.reduce((sum, { principals }) => sum + (principals - x) ** 2, 0)
  return { baseBytes: (y - slope * x) * BYTES_PER_MB, principalBytes: slope * BYTES_PER_MB }
}

type Disk = Pick<Coefficients['postgres'], 'userBytes' | 'signInBytes' | 'eventBytes' | 'decisionBytes'>

/** What rows take with their indexes. People come with one sign-in each, so those are measured together and apart. */
export async function measureDisk({ database, signInMany }: Pick<Ground, 'database' | 'signInMany'>): Promise<Disk> {
  const grown = async (tables: readonly string[], work: () => Promise<unknown>): Promise<number> => {
    const before = await sizeOf(database, tables)
    await work()
    return ((await sizeOf(database, tables)) - before) / ROWS
  }
  const people = ['auth.users', 'auth.user_roles']
  const sessions = ['auth.sessions', 'auth.session_tokens']
  let userBytes = 0
  const signInBytes = await grown(sessions, async () => {
    userBytes = await grown(people, () => signInMany(ROWS))
  })
  const script = (text: string): Promise<void> => database.withConnection((connection) => connection.script(text))
  return {
    userBytes,
    signInBytes,
    eventBytes: await grown(['auth.auth_audit_log'], () => script(insertEvents(ROWS))),
    decisionBytes: await grown(['auth.decisions'], () => script(insertRefusals(ROWS))),
  }
}

/** PostgreSQL's part of writing the last use of one sign-in, in a batch as the program writes it. */
export async function measureTouch(database: Database, postgres: PostgresUse): Promise<number> {
  const signIns = await database.query(LIST_SIGN_INS, null, TOUCHED)
  const lastSeen = createLastSeen(database, () => performance.now())
  for (const { id } of signIns) lastSeen.note(id)
  await delay(1_000)
  const before = postgres.cpuUs()
  await lastSeen.flush()
  return (postgres.cpuUs() - before) / signIns.length
}

const SIZE = statement<[tables: readonly string[]], { bytes: number }>(
  'size_of_tables',
  `select sum(pg_total_relation_size(parts.oid))::float8 as bytes
   from unnest($1::text[]) as tables (name), pg_class as parts
   where parts.oid = tables.name::regclass
     or parts.oid in (select inhrelid from pg_inherits where inhparent = tables.name::regclass)`,
)

async function sizeOf(database: Database, tables: readonly string[]): Promise<number> {
  return (await database.query(SIZE, tables))[0]?.bytes ?? 0
}
