import type { AttemptFactor, SideName, Sides } from './attempt-sides.ts'

/** What was counted, this attempt included; a stopped one isn't counted. */
export type Counted =
  | {
      readonly kind: 'go'
      readonly failures: number
      readonly networkFailures: number
      readonly personFailures: number
    }
  /** Until when, ms from now: Infinity where time doesn't help. */
  | { readonly kind: 'stopped'; readonly waitMs: number; readonly side: SideName }

export interface AttemptRow {
  readonly side: SideName
  readonly factor: AttemptFactor
  readonly userId: string | null
  readonly network: string | null
  readonly failures: number
  readonly lastAt: Date
  /** Null when it isn't stopped; `never` where only a reset, a success or an operator lifts it. */
  readonly stoppedUntil: Date | 'never' | null
}

/** Whose counts, from where; what is left out doesn't narrow. */
export interface AttemptFilter {
  readonly person?: { readonly userId: string | null; readonly subjects: readonly Buffer[] }
  /** In CIDR form: counts of it, of what lies in it and of what it lies in. */
  readonly network?: string
  /** People whose counts aren't meant, by id. */
  readonly except?: readonly string[]
  /** As they are counted: the ceiling of `basic` stands under `password`. */
  readonly factors?: readonly AttemptFactor[]
}

/** Where attempts are counted: PostgreSQL or Redis. Each method is one step that nothing comes between. */
export interface AttemptStore {
  /** Counts on every side, unless one is stopped. */
  reserve(sides: Sides, nowMs: number): Promise<Counted>
  /** Takes this attempt back from the network; from person and place also what failed before. */
  succeeded(sides: Sides): Promise<void>
  /** Takes this one attempt back. */
  notChecked(sides: Sides): Promise<void>
  /** The latest first. */
  list(filter: AttemptFilter, limit: number, nowMs: number): Promise<readonly AttemptRow[]>
  /** @returns how many counts went */
  clear(filter: AttemptFilter): Promise<number>
}
