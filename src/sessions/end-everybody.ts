import type { Database } from '../store/database.ts'
import { END_SIGN_INS_BEFORE_KEY, REVOKE_API_TOKENS_BEFORE_KEY } from './end-everybody-table.ts'

const BATCH = 5_000

/**
 * Marks as ended what is of use to nobody once the key of its tokens is gone; it was refused before.
 * @param keyId the key that took the place of theirs
 * @returns how many sign-ins and API tokens there were
 */
export async function endEverybody(database: Database, keyId: number): Promise<number> {
  let ended = (await database.query(REVOKE_API_TOKENS_BEFORE_KEY, keyId)).length
  for (let full = true; full;) {
    const count = (await database.query(END_SIGN_INS_BEFORE_KEY, keyId, BATCH)).length
    ended += count
    full = count === BATCH
  }
  return ended
}
