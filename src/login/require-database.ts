import { PosternError } from '../errors.ts'
import { withDeadline } from '../lib/deadline.ts'
import { PING } from '../store/ping-table.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** How long a database that was out of reach is waited for. */
const BACK_WITHIN_MS = 1_000

/**
 * Nobody new gets in during an outage, and nobody need wait for long to be told so.
 * @throws PosternError `store_unavailable`
 */
export async function requireDatabase({ database, outage }: Pick<SignInParts, 'database' | 'outage'>): Promise<void> {
  if (!outage.unreachable) return
  await withDeadline(database.query(PING), BACK_WITHIN_MS).catch((error: unknown) => {
    throw new PosternError('store_unavailable', 'the database is out of reach', { cause: error })
  })
}
