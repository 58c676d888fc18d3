import { readFileSync } from 'node:fs'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { familyOf } from '../processes.ts'

/** What PostgreSQL used of the processor and was asked, since it was started. */
export interface PostgresUse {
  cpuUs(): number
  /** Statements of everybody, but for this question itself. */
  statements(): Promise<number>
}

const TICK_US = 10_000
const OWN_PID = statement<[], { pid: number }>('own_pid', 'select pg_backend_pid() as pid')
const ALL_CALLS = statement<[], { calls: number }>(
  'all_calls',
  `select coalesce(sum(calls), 0)::float8 as calls from pg_stat_statements where query not like '%pg_stat_statements%'`,
)

/** Finds the server by one of its own processes. Those that ended are counted by the server as its children. */
export async function watchPostgres(database: Database): Promise<PostgresUse> {
  const [row] = await database.query(OWN_PID)
  const server = Number(fieldsOf(row?.pid ?? 0)[1])
  return {
    cpuUs: () => familyOf(server).reduce((sum, pid) => sum + ticksOf(pid, pid === server), 0) * TICK_US,
    statements: async () => (await database.query(ALL_CALLS))[0]?.calls ?? 0,
  }
}

function ticksOf(pid: number, withEnded: boolean): number {
  const fields = fieldsOf(pid).slice(11, withEnded ? 15 : 13)
  return fields.reduce((sum, field) => sum + Number(field), 0)
}

/** Those of /proc/<pid>/stat behind the name; none of one that has just ended. */
function fieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
