import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './database.ts'
import { PRUNE_BATCH, TRY_PRUNE_LOCK } from './prune-table.ts'
import type { PruneStatement } from './prune-table.ts'

/** One kind of rows that are of no use any more after a while. */
export interface Prunable {
  readonly what: string
  readonly statement: PruneStatement
  readonly keptMs: number
}

const PAUSE_MS = 100

/**
 * Removes what has been kept long enough, batch by batch with a pause after each, until nothing is left or another
 * process is at it: the lock is held for one batch at a time, so that it occupies no connection meanwhile.
 * @param signal ends it after the batch under way
 * @returns how many rows went, by what they were
 */
export async function prune(
  database: Database,
  prunables: readonly Prunable[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const removed: Record<string, number> = {}
  for (const prunable of prunables) {
    for (let full = true; full && !signal.aborted;) {
      const count = await pruneBatch(database, prunable)
      if (count === null) return removed
      if (count > 0) removed[prunable.what] = (removed[prunable.what] ?? 0) + count
      full = count >= PRUNE_BATCH
      if (full) await delay(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
  return removed
}

/** Null where another process has the lock. */
async function pruneBatch(database: Database, { statement, keptMs }: Prunable): Promise<number | null> {
  return database.transaction(async (tx) => {
    const [lock] = await tx.query(TRY_PRUNE_LOCK)
    if (lock?.held !== true) return null
    const [row] = await tx.query(statement, keptMs)
    return row?.removed ?? 0
  })
}
