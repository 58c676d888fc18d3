import { withDeadline } from '../lib/deadline.ts'
import type { PartHealth } from '../observe/health.ts'
import type { Queryable } from '../store/database.ts'
import { PING } from '../store/ping-table.ts'
import type { Outage } from './outage.ts'

const DEADLINE_MS = 1_000

/** Without its database the program is degraded for as long as grace is left, so that nothing drains what still works. */
export async function databaseHealth(database: Queryable, outage: Pick<Outage, 'graceLeft'>): Promise<PartHealth> {
  const answers = await withDeadline(database.query(PING), DEADLINE_MS).then(
    () => true,
    () => false,
  )
  if (answers) return { status: 'ok' }
  const seconds = Math.ceil(outage.graceLeft() / 1_000)
  if (seconds === 0) return { status: 'failing', detail: 'The database does not answer, and the grace is over.' }
  return { status: 'degraded', detail: `The database does not answer. Who is signed in passes for ${seconds} s more.` }
}
