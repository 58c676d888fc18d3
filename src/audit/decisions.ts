import type { OriginalRequest } from '../lib/original-request.ts'
import type { Decided } from './decision-entry.ts'
import type { DecisionsOptions, RefusedAbout } from './decision-parts.ts'
import { createDecisionRefusals } from './decision-refusals.ts'
import { createDecisionSamples } from './decision-samples.ts'
import { createDecisionSums } from './decision-sums.ts'
import type { Counted } from './decision-sums.ts'
import { createDecisionWriter } from './decision-writer.ts'

/** Remembers decisions, sums them up and writes them in batches, so that no request waits for it. Never throws. */
export interface Decisions {
  /**
   * Notes one that lets nothing pass.
   * @returns the number to show its visitor: of the same within a minute that of the first
   */
  refused(decided: Decided, original: OriginalRequest | null, about: RefusedAbout): string
  /** Sums up one that passes or must sign in, and notes a sample. */
  passed(decided: Decided, original: OriginalRequest | null, dialect?: string): void
  /** Writes what was noted. What a database that can't be reached didn't take is kept for the next time. */
  flush(): Promise<void>
  /** Tells and writes what is left. */
  end(): Promise<void>
}

/** Sums are read by the hour; more often would only write the same rows again. */
const SUMS_MS = 10_000

/** Builds the memory of decisions; the caller flushes it. */
export function createDecisions(options: DecisionsOptions): Decisions {
  const { database, onDropped, now, clock } = options
  const writer = createDecisionWriter({ database, now, onLost: (times) => onDropped('database', times) })
  const sums = createDecisionSums({ database, clock, onLost: (count) => onDropped('sums', count) })
  const refusals = createDecisionRefusals({ ...options, writer })
  const sample = createDecisionSamples({ ...options, writer })
  let summedAt = now()
  const flush = async (withSums: boolean): Promise<void> => {
    if (withSums) summedAt = now()
    // Trouble with the one is none of the other's.
    const [rows, counts] = await Promise.allSettled([writer.flush(), withSums ? sums.flush() : undefined])
    if (rows.status === 'rejected') throw rows.reason
    if (counts.status === 'rejected') throw counts.reason
  }
  const count = ({ kind, app, principal }: Decided, atMs: number): void => {
    if (app && isCounted(kind)) sums.count(kind, app.name, principal?.userId ?? null, atMs)
  }
  return {
    refused(decided, original, about) {
      count(decided, now())
      return refusals.note(decided, original, about)
    },
    passed(decided, original, dialect) {
      const atMs = now()
      count(decided, atMs)
      sample(decided, original, atMs, dialect)
    },
    flush() {
      refusals.forget(now())
      return flush(now() - summedAt >= SUMS_MS)
    },
    end() {
      refusals.forget(Number.POSITIVE_INFINITY)
      return flush(true)
    },
  }
}

function isCounted(kind: string): kind is Counted {
  return kind === 'allow' || kind === 'sign_in' || kind === 'forbid'
}
