import { PosternError } from '../errors.ts'
import type { Queryable } from '../store/database.ts'
import { FIND_VALID_SIGN_IN, LOCK_SIGN_IN } from './sessions-table.ts'

/**
 * Keeps a sign-in from being ended until the transaction has. Call it last: whoever ends one has locked the user and his
 * factors before it.
 * @throws PosternError `not_signed_in` for one that is over, whatever memory said of it
 */
export async function holdSignIn(tx: Queryable, signInId: string): Promise<void> {
  await tx.query(LOCK_SIGN_IN, signInId)
  const valid = await tx.query(FIND_VALID_SIGN_IN, signInId)
  if (valid.length === 0) throw new PosternError('not_signed_in', 'the sign-in ended meanwhile')
}
