import { isBadValue } from '../store/database.ts'
import type { Queryable } from '../store/database.ts'
import { isStoreUnavailable } from '../store/unavailable.ts'
import type { DecisionEntry } from './decision-entry.ts'
import { WRITE_DECISIONS } from './decisions-table.ts'

/** Holds decisions until they are written, and those that count more since. */
export interface DecisionWriter {
  /** False where there is no room for one more. */
  add(entry: DecisionEntry): boolean
  /** One that was added before counts more by now. */
  addTimes(entry: DecisionEntry): void
  /** Writes each once at most. What a database that can't be reached didn't take is kept for the next time. */
  flush(): Promise<void>
}

export interface DecisionWriterParts {
  readonly database: Queryable
  /** Told of refusals that are written nowhere, as the database won't take them. */
  readonly onLost: (times: number) => void
  /** ms, monotonic */
  readonly now: () => number
}

/** Some 1 KB each with the longest path that is kept. */
const MAX_WAITING = 5_000
const MAX_BATCH = 500

/** Builds an empty one; the caller flushes it. */
export function createDecisionWriter(parts: DecisionWriterParts): DecisionWriter {
  const waiting = new Set<DecisionEntry>()
  return {
    add(entry) {
      if (waiting.size >= MAX_WAITING) return false
      waiting.add(entry)
      return true
    },
    addTimes: (entry) => void waiting.add(entry),
    async flush() {
      const all = [...waiting]
      for (let start = 0; start < all.length; start += MAX_BATCH)
        await writeBatch(parts, waiting, all.slice(start, start + MAX_BATCH))
    },
  }
}

/** Taken out first, so that what counts more meanwhile is written again. */
async function writeBatch(
  parts: DecisionWriterParts,
  waiting: Set<DecisionEntry>,
  all: DecisionEntry[],
): Promise<void> {
  const batch = all.filter((entry) => waiting.delete(entry) && entry.lost === null)
  if (batch.length === 0) return
  const refusal = await write(parts, batch).catch((error: unknown) => {
    for (const entry of batch) if (entry.lost === null && entry.written < entry.times) waiting.add(entry)
    throw error
  })
  if (refusal !== null) throw refusal
}

/**
 * What the database refuses once it would refuse for ever, and everything behind it would wait: so it is dropped. Around
 * a row with a bad value the others are written, by halves.
 * @returns the last refusal, or null
 */
async function write(parts: DecisionWriterParts, batch: readonly DecisionEntry[]): Promise<Error | null> {
  const times = batch.map((entry) => entry.times)
  try {
    await parts.database.query(WRITE_DECISIONS, JSON.stringify(batch.map((entry) => rowOf(entry, parts.now()))))
    for (const [place, entry] of batch.entries()) entry.written = times[place] ?? entry.written
    return null
  } catch (error) {
    if (isStoreUnavailable(error) || !(error instanceof Error)) throw error
    if (batch.length > 1 && isBadValue(error)) {
      const half = batch.length >> 1
      const refusal = await write(parts, batch.slice(0, half))
      return (await write(parts, batch.slice(half))) ?? refusal
    }
    for (const entry of batch) lose(parts, entry)
    return error
  }
}

function rowOf({ facts, atMs, lastAtMs, times }: DecisionEntry, nowMs: number): object {
  return { ...facts, times, age_ms: nowMs - atMs, last_age_ms: nowMs - lastAtMs }
}

function lose({ onLost }: DecisionWriterParts, entry: DecisionEntry): void {
  entry.lost = 'database'
  if (!entry.facts.sampled) onLost(entry.times - entry.written)
}
