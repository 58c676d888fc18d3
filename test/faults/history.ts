/** A place in time: ms on the harness's monotonic clock. */
type Ms = number

/** What every call has in common; `status` is null when no answer came. */
interface Call {
  readonly id: number
  /** Index of the process that was asked; null for the command line. */
  readonly process: number | null
  readonly sentAt: Ms
  readonly receivedAt: Ms
  readonly status: number | null
}

/** A question to a verify listener. */
export interface VerifyCall extends Call {
  readonly kind: 'verify'
  readonly process: number
  /** Which start of that process answered, counted from 1. */
  readonly life: number
  /** The sign-in whose cookie it carried, or what it carried in its place, such as `forged`. */
  readonly signIn: string
  readonly path: '/' | '/gate'
  /** Whom a 200 named. */
  readonly login: string | null
  /** Asked at the end, when all had healed. */
  readonly atEnd: boolean
}

/** A sign-in: 200 means acknowledged. */
export interface SignInCall extends Call {
  readonly kind: 'sign_in'
  readonly signIn: string
  readonly login: string
  readonly wrongPassword: boolean
}

export interface SignOutCall extends Call {
  readonly kind: 'sign_out'
  readonly signIn: string
}

/** Commands that name a user; status 200 for exit code 0. */
export interface UserCall extends Call {
  readonly kind: 'revoke' | 'disable' | 'enable'
  readonly login: string
}

/** A policy that denies `/gate` to everybody, or opens it again. */
export interface PolicyCall extends Call {
  readonly kind: 'policy'
  readonly denied: boolean
}

/** What `/health/detail` said at the end. */
export interface HealthCall extends Call {
  readonly kind: 'health'
  readonly process: number
  /** Parts that are not `ok`. */
  readonly troubles: readonly string[]
}

export type AnyCall = VerifyCall | SignInCall | SignOutCall | UserCall | PolicyCall | HealthCall

/** What a fault did to whom, and when it really did. */
export interface FaultPeriod {
  readonly kind: 'fault'
  readonly fault: string
  readonly effect: Effect
  /** Null where all processes are concerned. */
  readonly process: number | null
  readonly from: Ms
  readonly until: Ms
}

/**
 * `postgres_out` and `postgres_slow` are about reaching PostgreSQL, `redis` only costs time, `paused` is a process that
 * is stopped by a signal, `down` one that isn't there.
 */
export type Effect = 'postgres_out' | 'postgres_slow' | 'redis' | 'paused' | 'down'

/** A time in which a process, or with null the harness itself, did nothing though nobody stopped it. */
export interface Stall {
  readonly kind: 'stall'
  readonly process: number | null
  readonly from: Ms
  readonly until: Ms
}

/** All that happened in a run. */
export interface History {
  readonly calls: readonly AnyCall[]
  readonly faults: readonly FaultPeriod[]
  readonly stalls: readonly Stall[]
}

type Recorded<T> = T extends AnyCall ? Omit<T, 'id'> : never

/** Gathers a history while it happens. */
export interface Recorder extends History {
  call(call: Recorded<AnyCall>): void
  fault(period: Omit<FaultPeriod, 'kind'>): void
  stall(stall: Omit<Stall, 'kind'>): void
}

/** Starts an empty history. */
export function createRecorder(): Recorder {
  const calls: AnyCall[] = []
  const faults: FaultPeriod[] = []
  const stalls: Stall[] = []
  return {
    calls,
    faults,
    stalls,
    call: (call) => void calls.push({ ...call, id: calls.length + 1 }),
    fault: (period) => void faults.push({ kind: 'fault', ...period }),
    stall: (stall) => void stalls.push({ kind: 'stall', ...stall }),
  }
}

/** One line of JSON for each thing that happened. */
export function historyLines({ calls, faults, stalls }: History): string {
  return [...faults, ...stalls, ...calls].map((each) => `${JSON.stringify(each)}\n`).join('')
}
