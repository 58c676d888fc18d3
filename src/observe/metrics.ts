import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export type AttemptStatus = 'success' | 'failure' | 'throttled'
/** Where a principal came from: nobody was asked for, memory, or the database. */
export type Tier = 'none' | 'l1' | 'l3'

/** What operators can plot. Label values come from short closed lists, so their number is bounded. */
export interface Metrics {
  attempt(status: AttemptStatus, method: 'password'): void
  signInEnded(lastedSeconds: number): void
  verified(decision: string, tier: Tier, seconds: number): void
  /** Text in the Prometheus exposition format. */
  expose(): Promise<string>
  readonly contentType: string
}

/** Figures that are asked for when somebody looks, not kept. */
export interface Gauges {
  readonly cachedPrincipals: () => number
  readonly policyVersion: () => number
}

/** From 10 µs for what memory answers to 1 s for a database in trouble. */
const VERIFY_BUCKETS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1]
const SESSION_BUCKETS = [60, 300, 900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 7 * 86_400, 30 * 86_400]

/** Builds the metrics with a registry of their own. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const attempts = new Counter({
    name: 'auth_attempts_total',
    help: 'Attempts to sign in, by outcome and way.',
    labelNames: ['status', 'method'],
    registers,
  })
  const durations = new Histogram({
    name: 'session_duration_seconds',
    help: 'How long sign-ins lasted that were ended here.',
    labelNames: ['user_type'],
    buckets: SESSION_BUCKETS,
    registers,
  })
  const verify = new Histogram({
    name: 'postern_verify_duration_seconds',
    help: 'Time to answer a verify request, by decision and by where the principal came from.',
    labelNames: ['decision', 'tier'],
    buckets: VERIFY_BUCKETS,
    registers,
  })
  registry.registerMetric(gauge('postern_cached_principals', 'Principals held in memory.', gauges.cachedPrincipals))
  registry.registerMetric(gauge('postern_policy_version', 'Version of the policy that decides.', gauges.policyVersion))
  return {
    attempt: (status, method) => attempts.inc({ status, method }),
    signInEnded: (lastedSeconds) => durations.observe({ user_type: 'person' }, lastedSeconds),
    verified: (decision, tier, seconds) => verify.observe({ decision, tier }, seconds),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function gauge(name: string, help: string, read: () => number): Gauge {
  const collect = function (this: Gauge): void {
    this.set(read())
  }
  return new Gauge({ name, help, registers: [], collect })
}
