import type { Register } from './register.ts'

/** Figures that are asked for when somebody looks, not kept; what is left out isn't told. */
export interface Gauges {
  readonly cachedPrincipals?: () => number
  /** ms since what was used least recently of them was read; null where there is none. */
  readonly cachedPrincipalAge?: () => number | null
  readonly policyVersion?: () => number
  /** Whether Redis is of use at present; left out where there is none. */
  readonly redisUp?: () => boolean
  /** Seconds that the standby for reads is behind, null while it isn't asked; left out where there is none. */
  readonly replicaLag?: () => number | null
  /** How far this process can do without its database; left out where there is nothing to watch. */
  readonly outage?: OutageGauges
  readonly passwordHashes?: () => { readonly running: number; readonly waiting: number }
  readonly pool?: () => PoolUse
  readonly machine?: MachineLimits
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

/** Connections to the database, and how many callers wait for one. */
export interface PoolUse {
  readonly used: number
  readonly idle: number
  readonly waiting: number
}

export interface MachineLimits {
  readonly memoryBytes: number
  /** Processors, in parts too. */
  readonly cpus: number
}

/** Adds those gauges that are given. */
export function addGauges(register: Register, gauges: Gauges): void {
  const {
    cachedPrincipals,
    cachedPrincipalAge,
    policyVersion,
    redisUp,
    replicaLag,
    outage,
    passwordHashes,
    pool,
    machine,
  } = gauges
  const { gauge } = register
  if (cachedPrincipals) gauge('postern_cached_principals', 'Principals held in memory.', cachedPrincipals)
  if (cachedPrincipalAge) {
    const help = 'Seconds since the principal in memory that was used least recently was read.'
    const read = (): number | null => inSeconds(cachedPrincipalAge())
    gauge('postern_cached_principal_age_seconds', help, read, { together: 'max' })
  }
  if (policyVersion) {
    gauge('postern_policy_version', 'Version of the policy that decides.', policyVersion, { together: 'min' })
  }
  if (redisUp) gauge('postern_redis_up', '1 while Redis is of use.', redisUp, { together: 'min' })
  if (replicaLag) {
    const help = 'Seconds that the standby for reads is behind; left out while it is not asked.'
    gauge('postern_database_replica_lag_seconds', help, replicaLag, { together: 'max' })
    gauge('postern_database_replica_up', '1 while the standby for reads is asked.', () => replicaLag() !== null, {
      together: 'min',
    })
  }
  if (outage) addOutageGauges(register, outage)
  if (passwordHashes) {
    const help = 'Passwords that are being hashed or checked, and those that wait for it.'
    gauge('postern_password_hashes', help, () => ({ ...passwordHashes() }), { label: 'state' })
  }
  if (pool) {
    const help = 'Connections to the database by state; waiting are callers that have none yet.'
    gauge('postern_pool_connections', help, () => ({ ...pool() }), { label: 'state' })
  }
  if (machine) addMachineGauges(register, machine)
}

/** Of several processes the one that is worst off tells. */
function addOutageGauges(
  { gauge }: Register,
  { graceLeft, changesAge, isBreakerOpen, isDegraded }: OutageGauges,
): void {
  const grace = 'Seconds for which memory would count, or still counts, without the database.'
  const breaker = '1 while the database is not asked for principals, since it did not answer the last times.'
  const degraded = "1 while a part is missing that people don't notice yet."
  gauge('postern_outage_grace_seconds', grace, () => graceLeft() / 1_000, { together: 'min' })
  gauge('postern_changes_age_seconds', 'Seconds since changes were last read.', () => changesAge() / 1_000, {
    together: 'max',
  })
  gauge('postern_database_breaker_open', breaker, isBreakerOpen, { together: 'max' })
  gauge('postern_degraded', degraded, isDegraded, { together: 'max' })
}

function addMachineGauges({ gauge }: Register, { memoryBytes, cpus }: MachineLimits): void {
  const memory = 'Memory that the program may use: the limit of its cgroup, or what the machine has.'
  gauge('postern_memory_limit_bytes', memory, () => memoryBytes, { together: 'max' })
  const help = 'Processors that the program may use, by the quota of its cgroup or of the machine.'
  gauge('postern_cpu_limit', help, () => cpus, { together: 'max' })
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000
}
