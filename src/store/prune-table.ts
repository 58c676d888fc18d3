import { statement } from './statement.ts'
import type { Statement } from './statement.ts'

/** Removes rows that were over this long ago, the oldest first, at most `PRUNE_BATCH`, and says how many. */
export type PruneStatement = Statement<[keptMs: number], { removed: number }>

/**
 * So few that what must be answered meanwhile hardly waits: sign-ins with two tokens each take 3 ms with PostgreSQL and
 * 5 ms with the embedded database, 500 of them there up to 284 ms.
 */
export const PRUNE_BATCH = 200

/** Held until the transaction ends. */
export const TRY_PRUNE_LOCK = statement<[], { held: boolean }>(
  'try_prune_lock',
  `select pg_try_advisory_xact_lock(7461003) as held`,
)

/**
 * Rows are gone to by their place, so that no plan reads the whole table to join them.
 * @param overAt when a row has had its day: an expression that has an index
 */
export function pruneStatement(label: string, table: string, overAt: string): PruneStatement {
  return statement(
    label,
    `with removed as (
       delete from ${table} where ctid = any (array(
         select ctid from ${table} where ${overAt} < now() - $1 * interval '1 millisecond'
         order by ${overAt} limit ${PRUNE_BATCH}
       )) returning 1
     )
     select count(*)::int as removed from removed`,
  )
}
