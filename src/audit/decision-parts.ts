import type { Log } from '../observe/log.ts'
import type { Queryable } from '../store/database.ts'

export interface RefusedAbout {
  /** The path as the rule that decided read it, null where that is how it was sent; asked of the first alone. */
  readonly readingOf: () => string | null
  /** Of the proxy that asked. */
  readonly dialect?: string
}

/**
 * Why something is not written down: its network has had its share, memory is full, or the database won't take it; or
 * there is no room for its sum.
 */
export type Dropped = 'network' | 'memory' | 'database' | 'sums'

export interface DecisionsOptions {
  readonly database: Queryable
  readonly log: Pick<Log, 'info'>
  /** Version of the policy that decides now. */
  readonly policyVersion: () => number
  /** Of what passes one in so many is a line in the log; 0 for none. */
  readonly logOneIn: number
  readonly onDropped: (why: Dropped, count: number) => void
  /** A refusal was the same as one of the last minute, which counts it. */
  readonly onRepeated: () => void
  /** ms, monotonic */
  readonly now: () => number
  /** ms since 1970 */
  readonly clock: () => number
}
