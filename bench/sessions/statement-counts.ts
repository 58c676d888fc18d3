import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'

/** What PostgreSQL itself counted of one statement, whoever sent it. */
export interface StatementCount {
  readonly calls: number
  /** Time in the database, all calls together. */
  readonly ms: number
}

// Further on, the extension's text has parameters where ours has values.
const COMPARED = 60
const READ_COUNT = statement<[beginning: string], StatementCount>(
  'read_count',
  `select coalesce(sum(calls), 0)::int as calls, coalesce(sum(total_exec_time), 0)::float8 as ms
   from pg_stat_statements where starts_with(query, $1)`,
)

/** Needs `shared_preload_libraries=pg_stat_statements`. */
export async function openStatementCounts(database: Database): Promise<void> {
  await database.withConnection((connection) => connection.script('create extension pg_stat_statements'))
}

/** What the work made PostgreSQL do of this statement. */
export async function countDuring(
  database: Database,
  counted: { readonly text: string },
  work: () => Promise<unknown>,
): Promise<StatementCount> {
  const read = async (): Promise<StatementCount> => {
    const [count] = await database.query(READ_COUNT, counted.text.slice(0, COMPARED))
    return count ?? { calls: 0, ms: 0 }
  }
  const before = await read()
  await work()
  const after = await read()
  return { calls: after.calls - before.calls, ms: after.ms - before.ms }
}
