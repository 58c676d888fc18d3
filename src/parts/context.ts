import { createBoundedEvents } from '../audit/bounded-events.ts'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import { createDecisions } from '../audit/decisions.ts'
import type { Decisions } from '../audit/decisions.ts'
import { recordKey } from '../audit/record-key.ts'
import type { Config, LoadedConfig, Secrets } from '../config/settings.ts'
import { createFactors } from '../credentials/create-factors.ts'
import type { Factors } from '../credentials/factors.ts'
import { openLiveKeys } from '../credentials/keys.ts'
import type { Keys, LiveKeys } from '../credentials/live-keys.ts'
import { createNewPasswords } from '../credentials/new-passwords.ts'
import type { NewPasswords } from '../credentials/new-passwords.ts'
import type { OwnFactors } from '../credentials/own-factors.ts'
import { openPasswords } from '../credentials/password.ts'
import type { Passwords } from '../credentials/password.ts'
import { createStrengthMeter } from '../credentials/strength.ts'
import { OperatorError } from '../errors.ts'
import { readNetworks } from '../lib/address.ts'
import type { Networks } from '../lib/address.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { FailedNames } from '../limits/failed-names.ts'
import { createLimits } from '../limits/limits.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { createPortalParts } from '../login/portal-parts.ts'
import type { PortalParts } from '../login/portal.ts'
import { tellCopied } from '../login/tell-copied.ts'
import type { Log } from '../observe/log.ts'
import { machineLimits } from '../observe/machine-limits.ts'
import { createMetrics } from '../observe/metrics.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Tracing } from '../observe/traces.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { createPolicies } from '../policies/policies.ts'
import type { Policies } from '../policies/policies.ts'
import { createScopeTest } from '../policies/token-scope.ts'
import { createRecovery } from '../recovery/create-recovery.ts'
import type { RecoveryParts } from '../recovery/parts.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import type { Binding } from '../sessions/binding.ts'
import type { Outage } from '../sessions/outage.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'
import type { KeyValue } from '../store/key-value.ts'
import type { Store } from '../store/open-store.ts'
import { createAssertionSigner } from '../verify/assertion.ts'
import type { GatewayParts } from '../verify/gateway.ts'
import { recordVerdicts } from '../verify/record-verdicts.ts'
import { createSettle } from '../verify/verdict.ts'
import { createWatch } from '../verify/watch.ts'
import type { Look } from '../web/look.ts'
import { openLook } from '../web/open-look.ts'
import { createSessionCookies } from '../web/session-cookies.ts'
import type { SessionCookies } from '../web/session-cookies.ts'
import { openSignIns } from './sign-ins.ts'
import type { SignIns } from './sign-ins.ts'
import { traceParts } from './traced-parts.ts'

/** Every part of the program, built once; what a function needs of it is in its arguments. */
export interface Context {
  readonly config: Config
  readonly log: Log
  readonly database: Database
  /** Copies an embedded database beside itself; null where PostgreSQL is used. */
  readonly copyDatabase: Store['copy']
  readonly keys: Keys
  /** The same, with what changes them while the program runs. */
  readonly liveKeys: LiveKeys
  readonly passwords: Passwords
  /** What may be chosen as a password. */
  readonly newPasswords: NewPasswords
  /** Beside the password: how they are proven, and how their owners keep them. */
  readonly factors: Factors
  readonly ownFactors: OwnFactors
  readonly feed: ChangeFeed
  readonly outage: Outage
  readonly sessions: Sessions
  /** Null where it doesn't matter where sign-ins are used. */
  readonly binding: Binding | null
  readonly apiTokens: ApiTokens
  readonly policies: Policies
  /** What is written down of verify. */
  readonly decisions: Decisions
  /** What strangers can cause that is written down. */
  readonly events: BoundedEvents
  readonly metrics: Metrics
  /** How pages and mails look, and which languages they speak. */
  readonly look: Look
  /** Null while traces are off. */
  readonly tracing: Tracing | null
  readonly attempts: Attempts
  /** Of attempts, to be looked through for bursts. */
  readonly failedNames: FailedNames
  /** Null where an operator turned them off. */
  readonly rateLimits: RateLimits | null
  /** What the verify listener and proxy mode share. */
  readonly gatewayParts: GatewayParts
  readonly portalParts: PortalParts
  readonly recovery: RecoveryParts
}

export interface ContextOptions {
  readonly loaded: LoadedConfig
  readonly store: Pick<Store, 'database' | 'secretKeys'> &
    Partial<Pick<Store, 'copy' | 'poolUse' | 'replica' | 'servers'>>
  /** Shared with other processes, such as Redis; null or left out where there is none. */
  readonly keyValue?: KeyValue | null
  readonly log: Log
  /** Null or left out while traces are off; the store is traced already where it is to be. */
  readonly tracing?: Tracing | null
  /** Where the store's statements are counted already; new ones unless given. */
  readonly metrics?: Metrics
  /** Called once the first administrator exists. */
  readonly onFirstRunDone: () => Promise<void>
}

/** Builds the parts over an open store; opens no listener and starts no timer. */
export async function createContext(options: ContextOptions): Promise<Context> {
  const { loaded, store, keyValue = null, log, tracing = null, metrics = createMetrics() } = options
  const { config } = loaded
  const { database, secretKeys } = store
  const liveKeys = await openLiveKeys(database, secretKeys, recordKey)
  const keys = liveKeys.rings
  const passwords = await openPasswords(keys.pepper, loaded.secrets.importPepper, metrics.passwordHashed)
  const policies = createPolicies(database, (version) => log.info({ version }, 'policy in force'))
  const newPasswords = newPasswordsOf(config, passwords, policies)
  metrics.watch({
    cachedPrincipals: () => signIns.sessions.cachedCount,
    cachedPrincipalAge: () => ageOf(reader.oldestReadAt),
    passwordHashes: () => passwords.queue,
    ...(store.poolUse !== undefined && { pool: store.poolUse }),
    machine: machineLimits(),
    policyVersion: () => policies.version,
    ...(store.replica && { replicaLag: () => usableLagOf(store.replica) }),
    ...(keyValue !== null && { redisUp: () => keyValue.trouble === null }),
    outage: {
      graceLeft: () => signIns.outage.graceLeft(),
      changesAge: () => performance.now() - signIns.feed.freshAt,
      isBreakerOpen: () => reader.isBreakerOpen,
      isDegraded: () => signIns.outage.isDegraded || (keyValue?.trouble ?? null) !== null,
    },
  })
  const decisions = createDecisions({
    database,
    log,
    policyVersion: () => policies.version,
    logOneIn: config.decisionSample,
    onDropped: (why, count) => metrics.decisionsDropped(why, count),
    onRepeated: () => metrics.decisionsRepeated(1),
    now: () => performance.now(),
    clock: () => Date.now(),
  })
  const events = createBoundedEvents({ database, now: () => performance.now() })
  const proofs = { passwords, newPasswords, ...createFactors(keys.sealing, config.publicUrl, tellCopied) }
  const look = openLook(config)
  const kept = { config, look, log, database, keys, liveKeys, ...proofs, policies, decisions, metrics, events }
  const cookies = createSessionCookies(config.publicUrl, config.cookieDomain)
  const limits = await createLimits({ config, database, keys: keys.token, keyValue, cookies, metrics })
  const switches = (): number => store.servers?.switches ?? 0
  const { reader, ...signIns } = await openSignIns({ ...kept, attempts: limits.attempts, switches }, keyValue)
  const parts = { ...kept, ...signIns, trustedProxies: networksOf(config) }
  const { onFirstRunDone } = options
  const seen = traceParts({ ...parts, ...limits }, tracing)
  const portalParts = createPortalParts({ ...seen, keys: keys.token, cookies, onFirstRunDone })
  const ofRecovery = { loaded, keys: keys.token, newPasswords, feed: signIns.feed, rateLimits: limits.rateLimits }
  return {
    ...kept,
    ...signIns,
    ...limits,
    tracing,
    gatewayParts: gatewayPartsOf(parts, cookies, loaded.secrets),
    portalParts,
    copyDatabase: store.copy ?? null,
    recovery: createRecovery(portalParts, ofRecovery),
  }
}

/** @param at ms, monotonic */
function ageOf(at: number | null): number | null {
  return at === null ? null : performance.now() - at
}

function usableLagOf(replica: Store['replica']): number | null {
  return replica?.trouble === null ? replica.lagSeconds : null
}

type Proofs = Pick<Context, 'passwords' | 'newPasswords' | 'factors' | 'ownFactors'>
type Kept = Proofs &
  Pick<
    Context,
    'config' | 'look' | 'log' | 'database' | 'keys' | 'liveKeys' | 'policies' | 'decisions' | 'metrics' | 'events'
  >
type Parts = Kept & SignIns & { readonly trustedProxies: Networks }

function newPasswordsOf(config: Config, passwords: Passwords, policies: Policies): NewPasswords {
  const { passwordMinLength: minLength, passwordClasses: classes, passwordHistory: history } = config
  const appNames = (): string[] => [...policies.current().apps.keys()]
  return createNewPasswords({
    rules: { minLength, classes, history },
    passwords,
    meter: createStrengthMeter(),
    appNames,
  })
}

function gatewayPartsOf(parts: Parts, cookies: SessionCookies, secrets: Secrets): GatewayParts {
  const { config, keys, policies, sessions, machines, outage, trustedProxies, metrics, log } = parts
  const policy = (): CompiledPolicy => policies.current()
  const callers = { trustedProxies, secrets: secrets.proxySecret }
  const signAssertion = createAssertionSigner(keys.assertion, config.publicUrl)
  const source = { basicPassword: secrets.basicPassword ?? '', signAssertion }
  const settle = recordVerdicts(createSettle(policy, source), parts.decisions, policy)
  const visitors = { sessions, machines, isInScope: createScopeTest(), outage, cookies }
  return { policy, ...visitors, callers, settle, watch: createWatch(metrics, log), metrics, log }
}

function networksOf({ trustedProxies }: Config): Networks {
  const networks = readNetworks(trustedProxies)
  if (typeof networks === 'string') throw new OperatorError(`POSTERN_TRUSTED_PROXIES: ${networks}`, 2)
  return networks
}
