import type { DecisionEntry } from './decision-entry.ts'

/** Remembers for a minute what was refused, so that the same again is counted instead of told again. */
export interface DecisionRepeats {
  find(likeness: string): DecisionEntry | undefined
  /** To be asked before `add`. */
  readonly isFull: boolean
  add(likeness: string, entry: DecisionEntry): void
  /** Forgets those whose minute is over. @param atMs ms, monotonic; infinity for all of them */
  forget(atMs: number): void
}

const MINUTE_MS = 60_000
/** Some 2 KB each with the longest path that is kept. More than this in a minute nobody reads. */
const MAX_REMEMBERED = 5_000

/** @param onOver told of each whose minute is over */
export function createDecisionRepeats(onOver: (entry: DecisionEntry) => void): DecisionRepeats {
  // In the order of their beginning, as nothing is ever set anew.
  const known = new Map<string, DecisionEntry>()
  return {
    find: (likeness) => known.get(likeness),
    get isFull() {
      return known.size >= MAX_REMEMBERED
    },
    add: (likeness, entry) => void known.set(likeness, entry),
    forget(atMs) {
      for (const [likeness, entry] of known) {
        if (entry.atMs + MINUTE_MS > atMs) return
        known.delete(likeness)
        onOver(entry)
      }
    },
  }
}
