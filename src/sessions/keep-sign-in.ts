import type { Queryable } from '../store/database.ts'
import { KEEP_SIGN_IN } from './keep-sign-in-table.ts'

/** Lets one sign-in stay that counted until the epoch rose, in the transaction that raised it. */
export async function keepSignIn(tx: Queryable, signInId: string, sessionEpoch: number): Promise<void> {
  await tx.query(KEEP_SIGN_IN, signInId, sessionEpoch)
}
