import { OperatorError } from '../errors.ts'
import type { Queryable } from './database.ts'
import { READ_IDENTITY } from './identity-table.ts'
import { isStoreUnavailable } from './unavailable.ts'

/**
 * A text that no other database shares, nor this one once it is restored; it stays the same over restarts.
 * @throws OperatorError when the server doesn't tell what it needs
 */
export async function readDatabaseIdentity(database: Queryable): Promise<string> {
  try {
    const [row] = await database.query(READ_IDENTITY)
    if (row === undefined) throw new Error('auth.database_identity is empty')
    return row.identity
  } catch (error) {
    if (isStoreUnavailable(error)) throw error
    throw new OperatorError(
      'PostgreSQL does not tell its identity, without which a restored database would believe what Redis still holds. ' +
        'Let the role execute pg_control_system and pg_current_wal_lsn, or leave POSTERN_REDIS_URL out.',
      1,
      { cause: error },
    )
  }
}
