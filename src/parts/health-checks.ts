import type { LiveKeys } from '../credentials/live-keys.ts'
import type { Certificates } from '../observe/certificates.ts'
import type { Check, PartHealth } from '../observe/health.ts'
import type { PolicyWatch } from '../policies/policy-watch.ts'
import { databaseHealth } from '../sessions/database-health.ts'
import type { KeyValue } from '../store/key-value.ts'
import type { Replica } from '../store/replica.ts'
import type { Context } from './context.ts'
import { secondTierHealth } from './second-tier.ts'

export interface CheckedParts {
  /** Null without a policy file. */
  readonly watch: PolicyWatch | null
  readonly keyValue: KeyValue | null
  /** Left out where none is configured. */
  readonly replica?: Pick<Replica, 'lagSeconds' | 'trouble'> | null
  /** Null where no files are named. */
  readonly certificates: Certificates | null
}

/** How each part is, for `/health`. */
export function checksOf(
  { database, outage, policies, liveKeys }: Pick<Context, 'database' | 'outage' | 'policies' | 'liveKeys'>,
  { watch, keyValue, replica = null, certificates }: CheckedParts,
): Readonly<Record<string, Check>> {
  return {
    database: () => databaseHealth(database, outage),
    policy: () => {
      if (policies.version === 0)
        return { status: 'failing', detail: 'There is no policy yet. Run: postern policy apply policy.yaml' }
      const detail = `version ${policies.version}`
      const fault = watch?.fault ?? null
      return fault === null
        ? { status: 'ok', detail }
        : { status: 'degraded', detail: `${detail} is in force. ${fault}` }
    },
    keys: () => keysHealth(liveKeys),
    ...(replica !== null && { replica: () => replicaHealth(replica) }),
    ...(keyValue !== null && { redis: () => secondTierHealth(keyValue) }),
    ...(certificates !== null && { certificates: () => certificates.health(Date.now()) }),
  }
}

/** People whose tokens are of a key that can't be opened here are answered 503, never signed out. */
function keysHealth({ unopened }: Pick<LiveKeys, 'unopened'>): PartHealth {
  if (unopened.size === 0) return { status: 'ok' }
  const ids = [...unopened].join(', ')
  const detail = `POSTERN_SECRET_KEY of this process does not open key ${ids}. Start it with that of the others.`
  return { status: 'degraded', detail }
}

/** Never `failing`: the primary answers in its place. */
function replicaHealth({ lagSeconds, trouble }: Pick<Replica, 'lagSeconds' | 'trouble'>): PartHealth {
  if (trouble === null) return { status: 'ok', detail: `${(lagSeconds ?? 0).toFixed(1)} s behind` }
  return { status: 'degraded', detail: `${trouble} The primary answers lists and searches as well.` }
}
