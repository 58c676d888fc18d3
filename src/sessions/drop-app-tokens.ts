import type { Queryable } from '../store/database.ts'
import { DELETE_APP_TOKENS } from './drop-app-tokens-table.ts'

/** Voids what app hosts were given of a sign-in; its browser gets new ones there by itself. */
export async function dropAppTokens(tx: Queryable, signInId: string): Promise<void> {
  await tx.query(DELETE_APP_TOKENS, signInId)
}
