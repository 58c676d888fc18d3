import { hashToken } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'
import { HOLD_TOKEN } from './sessions-table.ts'

/** Keeps others from replacing a token until the transaction ends; false for one that was replaced. */
export async function holdToken(tx: Queryable, token: string): Promise<boolean> {
  return (await tx.query(HOLD_TOKEN, hashToken(token))).length > 0
}
