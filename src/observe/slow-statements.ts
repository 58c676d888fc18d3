import type { Log } from './log.ts'
import type { StoreMetrics } from './metrics-store.ts'

export interface StatementWatchParts {
  readonly metrics: StoreMetrics
  readonly log: Pick<Log, 'warn'>
  /** ms from which a statement is slow; 0 for none. */
  readonly slowMs: number
  /** ms, monotonic. */
  readonly now: () => number
}

/** Told of each statement once it is over, by its label: values never come here. */
export type WatchStatement = (label: string, ms: number, failure: string | null) => void

/** Each is told so often at most. */
const TELL_MS = 60_000

/** Counts statements, and logs those that are slow. */
export function watchStatements({ metrics, log, slowMs, now }: StatementWatchParts): WatchStatement {
  const toldAt = new Map<string, number>()
  const slow = (label: string, ms: number): void => {
    metrics.slowStatement(label)
    const at = now()
    if (at - (toldAt.get(label) ?? -Infinity) < TELL_MS) return
    toldAt.set(label, at)
    log.warn({ statement: label, ms: Math.round(ms) }, 'a statement was slow')
  }
  return (label, ms, failure) => {
    metrics.statement(label, ms / 1_000)
    if (failure !== null) metrics.statementFailed(label, failure)
    if (slowMs > 0 && ms >= slowMs) slow(label, ms)
  }
}
