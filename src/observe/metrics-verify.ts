import type { Register } from './register.ts'
import { createVerifyDurations } from './verify-durations.ts'
import type { Decided, Tier, Way } from './verify-durations.ts'

/** What a look into the tier that processes share came to; `odd` is a value that wasn't ours, or not for now. */
export type SharedOutcome = 'hit' | 'miss' | 'odd' | 'failed'

/** What is told of verify and of the memory that it answers from. */
export interface VerifyMetrics {
  verified(decided: Decided, way: Way, tier: Tier, seconds: number): void
  sharedRead(outcome: SharedOutcome): void
  /** Somebody who was looked for was being read already. */
  sharedWait(): void
  /** What a change names was dropped here so long after its row was made. */
  changeApplied(lagSeconds: number): void
  /** A rule in monitor mode would have decided so; apps and rules are those of the policy. */
  monitored(app: string, rule: number, decision: string): void
}

/** Revocation has 100 ms; half a second says that the bell is silent. */
const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60]

/** Makes the metrics of verify. */
export function verifyMetrics(register: Register): VerifyMetrics {
  const verify = createVerifyDurations()
  register.histogram(verify.durations)
  const lag = register.durations(
    'postern_changes_lag_seconds',
    'From when a change was made until what it names was dropped from the memory of this process.',
    LAG_BUCKETS,
  )
  const waits = register.counter('postern_shared_waits_total', 'Looks for a principal that joined a read under way.')
  const reads = register.counter(
    'postern_shared_reads_total',
    'Looks for a principal in Redis, by what they came to.',
    ['outcome'],
  )
  const monitored = register.counter(
    'postern_monitored_total',
    'Requests that a rule in monitor mode would not have let pass, by app, number of the rule and decision.',
    ['app', 'rule', 'decision'],
  )
  return {
    verified: (decided, way, tier, seconds) => verify.observe(decided, way, tier, seconds),
    sharedRead: (outcome) => reads({ outcome }),
    sharedWait: () => waits({}),
    changeApplied: (lagSeconds) => lag.observe(lagSeconds),
    monitored: (app, rule, decision) => monitored({ app, rule: String(rule), decision }),
  }
}
