import type { Certificates } from '../observe/certificates.ts'
import type { Check } from '../observe/health.ts'
import type { PolicyWatch } from '../policies/policy-watch.ts'
import { databaseHealth } from '../sessions/database-health.ts'
import type { KeyValue } from '../store/key-value.ts'
import type { Context } from './context.ts'
import { secondTierHealth } from './second-tier.ts'

export interface CheckedParts {
  /** Null without a policy file. */
  readonly watch: PolicyWatch | null
  readonly keyValue: KeyValue | null
  /** Null where no files are named. */
  readonly certificates: Certificates | null
}

/** How each part is, for `/health`. */
export function checksOf(
  { database, outage, policies }: Pick<Context, 'database' | 'outage' | 'policies'>,
  { watch, keyValue, certificates }: CheckedParts,
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
    ...(keyValue !== null && { redis: () => secondTierHealth(keyValue) }),
    ...(certificates !== null && { certificates: () => certificates.health(Date.now()) }),
  }
}
