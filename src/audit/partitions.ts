import type { Database } from '../store/database.ts'
import { removalMessage } from './chain.ts'
import type { RemovalFacts } from './chain.ts'
import type { ChainSigner } from './chain-keys.ts'
import { DROP_PARTITIONS, INSERT_REMOVAL, MAKE_PARTITIONS } from './partitions-table.ts'

/** Makes the months that will be needed. @returns how many were made; 0 while another process is at it */
export async function makePartitions(database: Database): Promise<number> {
  const [row] = await database.query(MAKE_PARTITIONS)
  return row?.made ?? 0
}

/**
 * Removes the months that ended this many days ago and are wholly sealed, and signs what went, so that it isn't taken for
 * tampering.
 * @param keepDays 30 at least
 * @returns null where nothing was to go
 */
export function dropPartitions(
  database: Database,
  signer: ChainSigner,
  keepDays: number,
): Promise<RemovalFacts | null> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query(DROP_PARTITIONS, keepDays)
    if (row === undefined || row.before === null) return null
    const removal: RemovalFacts = {
      removedAt: row.removed_at,
      before: row.before,
      removedTo: row.removed_to,
      kept: row.kept,
      rowCount: row.row_count,
      partitions: row.partitions,
    }
    const { removedAt, before, removedTo, kept, rowCount, partitions } = removal
    const { keyId } = signer
    const signature = signer.sign(removalMessage(removal))
    const facts = [removedAt, before, removedTo, kept, rowCount, partitions] as const
    await tx.query(INSERT_REMOVAL, ...facts, keyId, signature)
    return removal
  })
}
