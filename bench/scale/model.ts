/** What one of each costs, as it was measured; CPU in microseconds, memory and disk in bytes. */
export interface Coefficients {
  readonly gateway: {
    /** A second of a process that nobody asks anything. */
    readonly idleUs: number
    /** What a second of one takes in addition that is asked all the time, however often. */
    readonly awakeUs: number
    /** A verify whose principal is in memory, in Redis, in PostgreSQL. */
    readonly l1Us: number
    readonly l2Us: number
    readonly l3Us: number
    /** A verify without a cookie, and with one that we didn't make. */
    readonly nobodyUs: number
    readonly forgedUs: number
    readonly signInUs: number
    /** Of the process that ends a sign-in, and of each other that hears of it. */
    readonly endUs: number
    readonly heardUs: number
    readonly baseBytes: number
    readonly principalBytes: number
  }
  readonly postgres: {
    readonly idleUs: number
    readonly l3Us: number
    readonly signInUs: number
    readonly endUs: number
    /** One sign-in's last use, in a batch. */
    readonly touchUs: number
    readonly idleStatements: number
    readonly signInStatements: number
    readonly endStatements: number
    readonly userBytes: number
    /** With its token. */
    readonly signInBytes: number
    readonly eventBytes: number
    readonly decisionBytes: number
  }
  readonly redis: { readonly entryBytes: number; readonly getUs: number }
}

/** What is to be expected of a site. */
export interface Numbers {
  readonly users: number
  /** Those in use, each as often as any other. */
  readonly sessions: number
  /** Of all machines together. */
  readonly processes: number
  /** Verifies a second: of those who are signed in, of nobody, and with a cookie that isn't ours. */
  readonly requests: number
  readonly nobody: number
  readonly forged: number
  readonly signins: number
  readonly revocations: number
  /** 1 where there is Redis, 0 where not. */
  readonly redis: number
}

/** What that takes; CPU in processors. */
export interface Prediction {
  readonly l1Share: number
  readonly l2PerSecond: number
  readonly l3PerSecond: number
  readonly gatewayCpu: number
  readonly postgresCpu: number
  readonly redisCpu: number
  readonly statementsPerSecond: number
  /** Of each process. */
  readonly processMb: number
  readonly redisMb: number
  readonly databaseMb: number
}

/** Above all the life of an entry in memory and in Redis, and how often last use is written (DESIGN 5a). */
const LIFE_S = { l1: 60, l2: 300, touch: 30 }
const MAX_PRINCIPALS = 100_000
const US = 1_000_000
const MB = 1_048_576

/** @throws nothing; a site without requests or sign-ins costs what idle processes do */
export function predict(numbers: Numbers, { gateway, postgres, redis }: Coefficients): Prediction {
  const { users, sessions, processes, requests, nobody, forged, signins, revocations } = numbers
  const reads = readsOf(numbers)
  const touched = touchesOf(numbers)
  const gatewayUs =
    processes * gateway.idleUs +
    (requests + nobody + forged > 0 ? processes * gateway.awakeUs : 0) +
    reads.l1 * gateway.l1Us +
    reads.l2 * gateway.l2Us +
    reads.l3 * gateway.l3Us +
    nobody * gateway.nobodyUs +
    forged * gateway.forgedUs +
    signins * gateway.signInUs +
    revocations * (gateway.endUs + (processes - 1) * gateway.heardUs)
  const postgresUs =
    processes * postgres.idleUs +
    reads.l3 * postgres.l3Us +
    signins * postgres.signInUs +
    revocations * postgres.endUs +
    touched * postgres.touchUs
  const statements =
    processes * postgres.idleStatements +
    reads.l3 +
    signins * postgres.signInStatements +
    revocations * postgres.endStatements
  const held = Math.min(sessions, Math.floor(MAX_PRINCIPALS / processes))
  return {
    l1Share: requests === 0 ? 1 : reads.l1 / requests,
    l2PerSecond: reads.l2,
    l3PerSecond: reads.l3,
    gatewayCpu: gatewayUs / US,
    postgresCpu: postgresUs / US,
    redisCpu: ((reads.l2 + 2 * reads.l3) * numbers.redis * redis.getUs) / US,
    statementsPerSecond: statements,
    processMb: (gateway.baseBytes + held * gateway.principalBytes) / MB,
    redisMb: (numbers.redis * Math.min(sessions, reads.l3 * LIFE_S.l2) * redis.entryBytes) / MB,
    databaseMb: (users * postgres.userBytes + sessions * postgres.signInBytes) / MB,
  }
}

/**
 * Where principals are found, a second. An entry that is read lives for its time, and then the next request for it reads
 * it anew: so each sign-in costs one read in its entry's life and the pause before the next request, in each process.
 */
function readsOf({ sessions, processes, requests, redis }: Numbers): Record<'l1' | 'l2' | 'l3', number> {
  if (requests === 0 || sessions === 0) return { l1: requests, l2: 0, l3: 0 }
  const readsAnew = (places: number, lifeS: number, perSecond: number): number =>
    (sessions * places) / (lifeS + (sessions * places) / perSecond)
  const misses = readsAnew(processes, LIFE_S.l1, requests)
  const l3 = redis === 0 ? misses : readsAnew(1, LIFE_S.l2, misses)
  return { l1: requests - misses, l2: misses - l3, l3 }
}

/** Sign-ins whose last use is written, a second: each that was used since the last time, by each process that saw it. */
function touchesOf({ sessions, processes, requests }: Numbers): number {
  if (requests === 0 || sessions === 0) return 0
  const each = requests / sessions / processes
  return (sessions * processes * (1 - Math.exp(-each * LIFE_S.touch))) / LIFE_S.touch
}
