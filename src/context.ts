import type { Config, LoadedConfig } from './config/settings.ts'
import { openKeys } from './credentials/keys.ts'
import type { Keys } from './credentials/keys.ts'
import { openPasswords } from './credentials/password.ts'
import type { Passwords } from './credentials/password.ts'
import { OperatorError } from './errors.ts'
import { readNetworks } from './lib/address.ts'
import type { Networks } from './lib/address.ts'
import { deriveKey } from './lib/key-ring.ts'
import type { PortalParts } from './login/portal.ts'
import { createReturnAddresses } from './login/return-address.ts'
import type { Log } from './observe/log.ts'
import { createMetrics } from './observe/metrics.ts'
import type { Metrics } from './observe/metrics.ts'
import type { CompiledPolicy } from './policies/compile.ts'
import { createPolicies } from './policies/policies.ts'
import type { Policies } from './policies/policies.ts'
import { createSessions } from './sessions/sessions.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { Database } from './store/database.ts'
import type { Store } from './store/open-store.ts'
import type { GatewayParts } from './verify/gateway.ts'
import { createSettle } from './verify/verdict.ts'
import { cookieNames } from './web/cookies.ts'

/** Every part of the program, built once; what a function needs of it is in its arguments. */
export interface Context {
  readonly config: Config
  readonly log: Log
  readonly database: Database
  readonly keys: Keys
  readonly passwords: Passwords
  readonly sessions: Sessions
  readonly policies: Policies
  readonly metrics: Metrics
  /** What the verify listener and proxy mode share. */
  readonly gatewayParts: GatewayParts
  readonly portalParts: PortalParts
}

export interface ContextOptions {
  readonly loaded: LoadedConfig
  readonly store: Pick<Store, 'database' | 'secretKeys'>
  readonly log: Log
  /** Called once the first administrator exists. */
  readonly onFirstRunDone: () => Promise<void>
}

/** Builds the parts over an open store; opens no listener and starts no timer. */
export async function createContext({ loaded, store, log, onFirstRunDone }: ContextOptions): Promise<Context> {
  const { config, secrets } = loaded
  const { database, secretKeys } = store
  const keys = await openKeys(database, secretKeys)
  const passwords = await openPasswords(keys.pepper)
  const policies = createPolicies(database, (version) => log.info({ version }, 'policy in force'))
  const metrics = createMetrics({ cachedPrincipals: () => sessions.cachedCount, policyVersion: () => policies.version })
  const sessions = createSessions({
    database,
    keys: keys.token,
    idleTimeoutMs: config.idleTimeout,
    absoluteTimeoutMs: config.absoluteTimeout,
    onEnded: (seconds) => metrics.signInEnded(seconds),
  })
  const trustedProxies = networksOf(config)
  const cookies = cookieNames(config.publicUrl.protocol === 'https:')
  const policy = (): CompiledPolicy => policies.current()
  return {
    config,
    log,
    database,
    keys,
    passwords,
    sessions,
    policies,
    metrics,
    gatewayParts: {
      policy,
      sessions,
      sessionCookie: cookies.portal,
      callers: { trustedProxies, secrets: secrets.proxySecret },
      settle: createSettle(policy, log),
      metrics,
      log,
    },
    portalParts: {
      database,
      passwords,
      sessions,
      metrics,
      log,
      returnAddresses: createReturnAddresses(deriveKey(keys.token.minting.bytes, 'return addresses'), policy, Date.now),
      formKey: deriveKey(keys.token.minting.bytes, 'form tokens'),
      cookies,
      publicUrl: config.publicUrl,
      listen: config.listen,
      trustedProxies,
      passwordMinLength: config.passwordMinLength,
      onFirstRunDone,
    },
  }
}

function networksOf({ trustedProxies }: Config): Networks {
  const networks = readNetworks(trustedProxies)
  if (typeof networks === 'string') throw new OperatorError(`POSTERN_TRUSTED_PROXIES: ${networks}`, 2)
  return networks
}
