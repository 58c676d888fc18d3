import { createLastSeen } from '../../src/sessions/last-seen.ts'
import { LIST_SIGN_INS, TOUCH_SIGN_INS } from '../../src/sessions/sessions-table.ts'
import { median } from '../statistics.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Ground } from './ground.ts'
import { countDuring } from './statement-counts.ts'

const ACTIVE = 50_000
const FLUSHES = 5
const GOAL_MS = 1_000

/** Time in the database to write when 50,000 sessions were last used. */
export async function measureLastSeen({ database }: Ground): Promise<Finding[]> {
  const rows = await database.query(LIST_SIGN_INS, null, ACTIVE)
  if (rows.length < ACTIVE) throw new Error(`the database of the bench has only ${rows.length} sign-ins`)
  const lastSeen = createLastSeen(database, () => performance.now())
  const durations: number[] = []
  for (let turn = 0; turn < FLUSHES; turn++) {
    for (const { id } of rows) lastSeen.note(id)
    const { calls, ms } = await countDuring(database, TOUCH_SIGN_INS, () => lastSeen.flush())
    if (calls === 0) throw new Error('PostgreSQL did not count the statement that the bench looks for')
    durations.push(ms)
  }
  return [
    finding('writing the last use of 50,000 sessions, median', median(durations), 'ms', GOAL_MS),
    finding('writing the last use of 50,000 sessions, slowest', Math.max(...durations), 'ms'),
  ]
}
