import { INSERT_CHANGE } from './changes-table.ts'
import type { Queryable } from './database.ts'

/** What is no longer what it was. */
export type ChangeOf = { readonly user: string } | { readonly session: string } | 'policy' | 'keys'

/** Writes down a change, in the transaction of its cause; every process hears of it once that has committed. */
export async function recordChange(tx: Queryable, change: ChangeOf): Promise<void> {
  if (change === 'policy' || change === 'keys') await tx.query(INSERT_CHANGE, change, null, null)
  else if ('user' in change) await tx.query(INSERT_CHANGE, 'user', change.user, null)
  else await tx.query(INSERT_CHANGE, 'session', null, change.session)
}
