import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Aggregator } from 'prom-client'
import { createDurations } from './durations.ts'
import type { Durations } from './durations.ts'

export type AttemptStatus = 'success' | 'failure' | 'throttled'
/** What was to be proven. */
export type AttemptMethod = 'password' | 'totp' | 'recovery' | 'webauthn' | 'basic' | 'token'
/** Where a principal came from: nobody was asked for, memory, what processes share, or the database. */
export type Tier = 'none' | 'l1' | 'l2' | 'l3'

/** What a look into the tier that processes share came to; `odd` is a value that wasn't ours, or not for now. */
export type SharedOutcome = 'hit' | 'miss' | 'odd' | 'failed'

/** `dropped` is a mail whose reason had gone, `given_up` one that nobody will get. */
export type MailOutcome = 'sent' | 'failed' | 'given_up' | 'dropped'

/** What operators can plot. Label values come from short closed lists, so their number is bounded. */
export interface Metrics {
  attempt(status: AttemptStatus, method: AttemptMethod): void
  /** One was refused unchecked, for what was counted on this side. */
  attemptStopped(side: string, method: AttemptMethod): void
  /** A request was refused because there were too many of its class. */
  rateLimited(kind: string): void
  signInEnded(lastedSeconds: number): void
  verified(decision: string, tier: Tier, seconds: number): void
  sharedRead(outcome: SharedOutcome): void
  /** A rule in monitor mode would have decided so; apps and rules are those of the policy. */
  monitored(app: string, rule: number, decision: string): void
  /** Decisions that won't be found again by their number. */
  decisionsDropped(why: string, count: number): void
  /** What came of one try to send a mail. */
  mail(outcome: MailOutcome): void
  /** How many mails wait to be sent, as last counted. */
  mailsWaiting(count: number): void
  /** Text in the Prometheus exposition format. */
  expose(): Promise<string>
  /** The same as values that can be sent to another process. */
  figures(): Promise<Figures>
  readonly contentType: string
}

/** Figures that are asked for when somebody looks, not kept. */
export interface Gauges {
  readonly cachedPrincipals: () => number
  readonly policyVersion: () => number
  /** Whether Redis is of use at present; left out where there is none. */
  readonly redisUp?: () => boolean
  /** How far this process can do without its database; left out where there is nothing to watch. */
  readonly outage?: OutageGauges
}

export interface OutageGauges {
  /** ms for which memory would count, or still counts, without the database. */
  readonly graceLeft: () => number
  /** ms since changes were last read. */
  readonly changesAge: () => number
  /** Whether the database is not asked for principals because it did not answer the last times. */
  readonly isBreakerOpen: () => boolean
  /** Whether a part is missing that people don't notice yet. */
  readonly isDegraded: () => boolean
}

/** The metrics of one process at one moment, as JSON can hold them. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** From 10 µs for what memory answers to 1 s for a database in trouble. */
const VERIFY_BUCKETS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1]
const COUNTS: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary'])
const SESSION_BUCKETS = [60, 300, 900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 7 * 86_400, 30 * 86_400]

/** Builds the metrics with a registry of their own. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const registers: [Registry] = [registry]
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'session_duration_seconds',
    help: 'How long sign-ins lasted that were ended here.',
    labelNames: ['user_type'],
    buckets: SESSION_BUCKETS,
    registers,
  })
  const verify = createDurations('postern_verify_duration_seconds', VERIFY_BUCKETS)
  const help = 'Time to answer a verify request, by decision and by where the principal came from.'
  registry.registerMetric(histogramOf(verify, help))
  const sharedReads = new Counter({
    name: 'postern_shared_reads_total',
    help: 'Looks for a principal in Redis, by what they came to.',
    labelNames: ['outcome'],
    registers,
  })
  const monitored = new Counter({
    name: 'postern_monitored_total',
    help: 'Requests that a rule in monitor mode would not have let pass, by app, number of the rule and decision.',
    labelNames: ['app', 'rule', 'decision'],
    registers,
  })
  const dropped = new Counter({
    name: 'postern_decisions_dropped_total',
    help: 'Decisions that were not kept, by why: too many from one network, no room in memory, no database.',
    labelNames: ['why'],
    registers,
  })
  const mails = new Counter({
    name: 'postern_mails_total',
    help: 'Tries to send a mail, by what came of them.',
    labelNames: ['outcome'],
    registers,
  })
  const waiting = { count: 0 }
  registry.registerMetric(gauge('postern_mails_waiting', 'Mails that wait to be sent.', () => waiting.count, 'max'))
  for (const each of gaugesOf(gauges)) registry.registerMetric(each)
  return {
    ...attemptCounters(registers),
    signInEnded: (lastedSeconds) => durations.observe({ user_type: 'person' }, lastedSeconds),
    verified: (decision, tier, seconds) => verify.observe(decision, tier, seconds),
    sharedRead: (outcome) => sharedReads.inc({ outcome }),
    monitored: (app, rule, decision) => monitored.inc({ app, rule, decision }),
    decisionsDropped: (why, count) => dropped.inc({ why }, count),
    mail: (outcome) => mails.inc({ outcome }),
    mailsWaiting: (count) => void (waiting.count = count),
    expose: () => registry.metrics(),
    figures: () => registry.getMetricsAsJSON(),
    contentType: registry.contentType,
  }
}

/** The figures of several processes as one text: each metric says whether its values are added up or what else. */
export function exposeTogether(figures: readonly Figures[]): Promise<string> {
  return AggregatorRegistry.aggregate([...figures]).metrics()
}

/**
 * What must be kept of processes that have ended, as figures of their own: counts never go down, while a gauge of what
 * is gone says nothing.
 */
export function countsOf(figures: readonly Figures[]): Promise<Figures> {
  const counts = figures.map((each) => each.filter(({ type }) => COUNTS.has(String(type))))
  return AggregatorRegistry.aggregate(counts).getMetricsAsJSON()
}

function attemptCounters(registers: [Registry]): Pick<Metrics, 'attempt' | 'attemptStopped' | 'rateLimited'> {
  const attempts = new Counter({
    name: 'auth_attempts_total',
    help: 'Attempts to sign in, by outcome and way.',
    labelNames: ['status', 'method'],
    registers,
  })
  const stopped = new Counter({
    name: 'postern_attempts_stopped_total',
    help: 'Attempts refused without being checked, by the side that had too many failures and by way.',
    labelNames: ['side', 'method'],
    registers,
  })
  const limited = new Counter({
    name: 'postern_rate_limited_total',
    help: 'Requests to the portal that were too many, by class.',
    labelNames: ['class'],
    registers,
  })
  return {
    attempt: (status, method) => attempts.inc({ status, method }),
    attemptStopped: (side, method) => stopped.inc({ side, method }),
    rateLimited: (kind) => limited.inc({ class: kind }),
  }
}

/** The registry asks a metric for nothing but what it is and `get`. */
function histogramOf(durations: Durations, help: string): Histogram {
  const { name } = durations
  const get = async (): Promise<object> => {
    return { name, help, type: 'histogram', aggregator: 'sum', values: durations.samples() }
  }
  return { name, help, get } as unknown as Histogram
}

function gaugesOf({ cachedPrincipals, policyVersion, redisUp, outage }: Gauges): Gauge[] {
  return [
    gauge('postern_cached_principals', 'Principals held in memory.', cachedPrincipals),
    gauge('postern_policy_version', 'Version of the policy that decides.', policyVersion, 'min'),
    ...(redisUp === undefined ? [] : [gauge('postern_redis_up', '1 while Redis is of use.', redisUp, 'min')]),
    ...(outage === undefined ? [] : outageGaugesOf(outage)),
  ]
}

/** Of several processes the one that is worst off tells. */
function outageGaugesOf({ graceLeft, changesAge, isBreakerOpen, isDegraded }: OutageGauges): Gauge[] {
  const grace = 'Seconds for which memory would count, or still counts, without the database.'
  const breaker = '1 while the database is not asked for principals, since it did not answer the last times.'
  return [
    gauge('postern_outage_grace_seconds', grace, () => graceLeft() / 1_000, 'min'),
    gauge('postern_changes_age_seconds', 'Seconds since changes were last read.', () => changesAge() / 1_000, 'max'),
    gauge('postern_database_breaker_open', breaker, isBreakerOpen, 'max'),
    gauge('postern_degraded', "1 while a part is missing that people don't notice yet.", isDegraded, 'max'),
  ]
}

/** @param together how the values of several processes make one */
function gauge(name: string, help: string, read: () => number | boolean, together: Aggregator = 'sum'): Gauge {
  const collect = function (this: Gauge): void {
    this.set(Number(read()))
  }
  return new Gauge({ name, help, registers: [], collect, aggregator: together })
}
