import { recordChange } from '../store/changes.ts'
import type { Queryable } from '../store/database.ts'
import { HOLD_SESSION_EPOCH, RAISE_SESSION_EPOCH } from './session-epoch-table.ts'

/**
 * Ends every sign-in of a user, also those that are about to start by what was proven before.
 * @returns the epoch that counts now, for a sign-in that is to stay; null when there is no such user
 */
export async function raiseSessionEpoch(tx: Queryable, userId: string): Promise<number | null> {
  const [row] = await tx.query(RAISE_SESSION_EPOCH, userId)
  if (row === undefined) return null
  await recordChange(tx, { user: userId })
  return row.session_epoch
}

/** Whether what was proven at this epoch still counts; if so it does until the transaction ends. */
export async function holdSessionEpoch(tx: Queryable, userId: string, sessionEpoch: number): Promise<boolean> {
  return (await tx.query(HOLD_SESSION_EPOCH, userId, sessionEpoch)).length > 0
}
