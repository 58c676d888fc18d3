import { deriveKeys } from '../lib/key-ring.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { Metrics } from '../observe/metrics.ts'
import { readDatabaseIdentity } from '../store/database-identity.ts'
import type { Database } from '../store/database.ts'
import type { KeyValue } from '../store/key-value.ts'
import type { CookieNames } from '../web/cookies.ts'
import { createAttempts } from './attempts.ts'
import type { Attempts } from './attempts.ts'
import { createDevices } from './devices.ts'
import type { Devices } from './devices.ts'
import { createFailedNames } from './failed-names.ts'
import type { FailedNames } from './failed-names.ts'
import { createRateLimits } from './rate-limits.ts'
import type { RateLimits } from './rate-limits.ts'
import { createRedisAttempts } from './redis-attempts.ts'

/** What keeps guessing and flooding in bounds. */
export interface Limits {
  readonly attempts: Attempts
  readonly devices: Devices
  readonly failedNames: FailedNames
  /** Null where an operator turned them off. */
  readonly rateLimits: RateLimits | null
}

export interface LimitsParts {
  readonly config: { readonly rateLimits: 'on' | 'off' }
  readonly database: Database
  /** Those of tokens. */
  readonly keys: KeyRing
  readonly keyValue: KeyValue | null
  readonly cookies: { readonly names: CookieNames; readonly secure: boolean }
  readonly metrics: Pick<Metrics, 'attemptStopped'>
}

/** Builds the limits; what replicas share is named after their database. */
export async function createLimits({
  config,
  database,
  keys,
  keyValue,
  cookies,
  metrics,
}: LimitsParts): Promise<Limits> {
  const identity = await readDatabaseIdentity(database)
  const nameKeys = deriveKeys(keys, 'names of attempts')
  const devices = createDevices(keys, cookies)
  const failedNames = createFailedNames(database, () => Date.now())
  const attempts = createAttempts({
    database,
    devices,
    failedNames,
    shared: keyValue === null ? null : createRedisAttempts(keyValue, identity),
    get nameKey() {
      return nameKeys.minting
    },
    onStopped: (side, factor) => metrics.attemptStopped(side, factor),
    now: Date.now,
  })
  const rateLimits = createRateLimits({ keyValue, prefix: identity, now: () => performance.now() })
  return { attempts, devices, failedNames, rateLimits: config.rateLimits === 'on' ? rateLimits : null }
}
