import { checkEntries } from './check-entries.ts'
import { checkEnd, checkRefusals } from './check-refusals.ts'
import { checkEnded, checkPolicy } from './check-stale.ts'
import { livesOf } from './endings.ts'
import type { Life } from './endings.ts'
import type { AnyCall, History, VerifyCall } from './history.ts'
import { reachOf } from './reach.ts'
import type { Reach } from './reach.ts'

/** What was promised. */
export interface Promises {
  readonly processes: number
  /** How long after a revocation returned a process that reaches PostgreSQL may still answer 200. */
  readonly boundMs: number
  /** What one has that doesn't. */
  readonly graceMs: number
  /** How long after a fault what it caused may go on. */
  readonly recoveryMs: number
}

export type Rule = 'ended' | 'refused' | 'unavailable' | 'lost' | 'entered' | 'identity' | 'policy' | 'end'

/** A promise that was broken, with the calls that show it. */
export interface Violation {
  readonly rule: Rule
  readonly sentence: string
  readonly calls: readonly AnyCall[]
}

/** A history with what all rules ask of it. */
export interface Examined {
  readonly history: History
  readonly promises: Promises
  readonly verifies: readonly VerifyCall[]
  readonly lives: ReadonlyMap<string, Life>
  /** By index of the process. */
  readonly reach: readonly Reach[]
}

const RULES = [checkEnded, checkRefusals, checkEntries, checkPolicy, checkEnd]

/** Everything in a history that was promised not to happen; empty when all is well. */
export function checkHistory(history: History, promises: Promises): Violation[] {
  const examined = examine(history, promises)
  return RULES.flatMap((rule) => rule(examined))
}

/** Looks up once what rules and report ask for. */
export function examine(history: History, promises: Promises): Examined {
  const processes = Array.from({ length: promises.processes }, (_, process) => process)
  return {
    history,
    promises,
    verifies: history.calls.filter((call) => call.kind === 'verify'),
    lives: livesOf(history.calls),
    reach: processes.map((process) => reachOf(history, process)),
  }
}
