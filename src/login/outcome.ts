import type { SecondFactorName } from '../credentials/factors.ts'
import type { FactorTimes, Principal } from '../lib/principal.ts'
import type { Reservation } from '../limits/attempts.ts'
import type { NewSession } from '../web/pages.ts'

/** Who asks, as far as it is known before anything is proven. */
export interface Visit {
  readonly address: string | null
  readonly userAgent: string
  /** SHA-256 of the device cookie's token; null without one. */
  readonly deviceHash: Buffer | null
  /** Whoever this browser is signed in as already: that sign-in ends when the new one begins. */
  readonly previous: Principal | null
}

/** What was counted before, for weighing the risk. */
export type Seen = Extract<Reservation, { kind: 'go' }>['seen']

/** Somebody who has proven something just now. */
export interface Proven {
  readonly userId: string
  /** As read together with what was proven. */
  readonly sessionEpoch: number
  readonly factors: FactorTimes
  readonly remember: boolean
  readonly visit: Visit
  readonly seen: Seen
}

/** What came of one step of signing in. */
export type SignInOutcome = SignedIn | HalfDone | MustChange | Refused | Stopped

export interface SignedIn {
  readonly kind: 'signed_in'
  readonly session: NewSession
  /** What the browser is to keep as its device from now on, or null to keep what it has. */
  readonly device: string | null
  /** By when a second factor is to be set up; null where none is demanded. */
  readonly enrolBy: Date | null
  /** Tag of the language that they chose, for a browser that knows none yet. */
  readonly language: string | null
}

/** Everything was proven, but no sign-in begins before another password is chosen. */
export interface MustChange {
  readonly kind: 'must_change'
  /** Of a reset link, once and for a few minutes. */
  readonly token: string
}

export interface HalfDone {
  readonly kind: 'half_done'
  readonly pending: string
  readonly next: NextStep
}

/** For whatever reason: nothing tells unknown, wrong and disabled apart. */
export interface Refused {
  readonly kind: 'refused'
}

export interface Stopped {
  readonly kind: 'stopped'
  readonly retryAfterS: number
}

/** What is missing after the first factor: one of those that were set up, or one yet to be set up. */
export type NextStep =
  | { readonly kind: 'second_factor'; readonly factors: readonly SecondFactorName[] }
  | { readonly kind: 'enrol' }
