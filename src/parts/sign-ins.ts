import type { Config } from '../config/settings.ts'
import type { Keys, LiveKeys } from '../credentials/live-keys.ts'
import { nearbyOf } from '../limits/network.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Policies } from '../policies/policies.ts'
import { TOUCH_API_TOKENS } from '../sessions/api-tokens-table.ts'
import { API_TOKENS, createApiTokens } from '../sessions/api-tokens.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import { createBinding } from '../sessions/binding.ts'
import type { Binding } from '../sessions/binding.ts'
import { createLastSeen } from '../sessions/last-seen.ts'
import { watchOutage } from '../sessions/outage.ts'
import type { Outage } from '../sessions/outage.ts'
import { createPrincipalReader } from '../sessions/principal-reader.ts'
import type { PrincipalReader } from '../sessions/principal-reader.ts'
import { createRedisPrincipals } from '../sessions/redis-principals.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { NO_SHARED_PRINCIPALS } from '../sessions/shared-principals.ts'
import type { SharedPrincipals } from '../sessions/shared-principals.ts'
import { openChangeFeed } from '../store/change-feed.ts'
import type { ChangeFeed, ChangeListener } from '../store/change-feed.ts'
import { readDatabaseIdentity } from '../store/database-identity.ts'
import type { Database } from '../store/database.ts'
import type { KeyValue } from '../store/key-value.ts'
import { createBasicPasswords } from '../verify/basic-passwords.ts'
import type { BasicPasswordsParts } from '../verify/basic-passwords.ts'
import { createMachineClients } from '../verify/machine-clients.ts'
import type { MachineClients } from '../verify/machine-clients.ts'
import { createSettleMove } from './session-moves.ts'

/** How people and programs are known, and what keeps memory of them honest. */
export interface SignIns {
  readonly feed: ChangeFeed
  readonly outage: Outage
  readonly sessions: Sessions
  readonly apiTokens: ApiTokens
  readonly machines: MachineClients
  /** Null where it doesn't matter where sign-ins are used. */
  readonly binding: Binding | null
}

type ForBasic = Pick<BasicPasswordsParts, 'passwords' | 'factors' | 'attempts' | 'events'>

export interface SignInsParts extends ForBasic {
  readonly config: Config
  readonly log: Log
  readonly database: Database
  readonly keys: Keys
  readonly liveKeys: LiveKeys
  readonly policies: Policies
  readonly metrics: Metrics
  /** How often another database server came into use. */
  readonly switches: () => number
}

/** Principals in memory, per machine: its workers share that out. */
const MAX_CACHED = 100_000
/** Nobody has as many machines as people. */
const MAX_CACHED_TOKENS = 20_000

/** Opens the feed of changes and what reads principals over it. */
export async function openSignIns(
  parts: SignInsParts,
  keyValue: KeyValue | null,
): Promise<SignIns & { reader: PrincipalReader }> {
  const { config, log, database, policies, metrics } = parts
  const keys = parts.keys.token
  const now = (): number => performance.now()
  const refreshPolicy = (): Promise<void> =>
    policies.refresh().catch((error: unknown) => log.error({ err: error }, 'the policy can not be read'))
  const refreshKeys = (): Promise<unknown> =>
    parts.liveKeys.refresh().catch((error: unknown) => log.error({ err: error }, 'keys can not be read'))
  const listener: ChangeListener = {
    onNamed: (name, isVoid) => [reader, tokenReader].forEach((each) => each.dropNamed(name, isVoid)),
    onPolicy: () => void refreshPolicy(),
    onKeys: () => void refreshKeys(),
    onApplied: (lagSeconds) => metrics.changeApplied(lagSeconds),
    onGap: () => {
      for (const each of [reader, tokenReader, basic]) each.dropAll()
      policies.refreshAnew().catch((error: unknown) => log.error({ err: error }, 'the policy can not be read'))
    },
  }
  const feed = await openChangeFeed(database, listener, now, parts.switches)
  const outage = watchOutage(feed, config.outageGrace, now)
  const lastSeen = createLastSeen(database, now)
  const lastUsed = createLastSeen(database, now, TOUCH_API_TOKENS)
  const shared = await sharedPrincipals(keyValue, parts, feed)
  const tiers = { database, keys, feed, outage, shared, now }
  const binding = bindingOf(parts, feed)
  const perWorker = (entries: number): number => Math.ceil(entries / config.workers)
  const reader = createPrincipalReader({
    ...tiers,
    binding,
    maxEntries: perWorker(MAX_CACHED),
    onUse: (signInId) => lastSeen.note(signInId),
    onJoined: () => metrics.sharedWait(),
  })
  const tokenReader = createPrincipalReader({
    ...tiers,
    kind: API_TOKENS,
    maxEntries: perWorker(MAX_CACHED_TOKENS),
    onUse: (tokenId) => lastUsed.note(tokenId),
    onJoined: () => metrics.sharedWait(),
  })
  // What memory has for tokens of a key that has ended must not outlive it.
  parts.liveKeys.onEnded((purposes) => {
    if (purposes.has('token')) [reader, tokenReader].forEach((each) => each.dropAll())
  })
  const basic = createBasicPasswords({ ...parts, feed, outage, policy: () => policies.current(), now })
  const { idleTimeout: idleTimeoutMs, absoluteTimeout: absoluteTimeoutMs, sessionRemember: rememberMs } = config
  const lives = { idleTimeoutMs, absoluteTimeoutMs, rememberMs }
  const onEnded = (seconds: number): void => metrics.signInEnded(seconds)
  const sessions = createSessions({ database, keys, feed, reader, lastSeen, ...lives, onEnded })
  const apiTokens = createApiTokens({ database, keys, reader: tokenReader, lastSeen: lastUsed })
  return { feed, outage, sessions, apiTokens, machines: createMachineClients(apiTokens, basic), binding, reader }
}

function bindingOf({ config, database, metrics, log }: SignInsParts, feed: ChangeFeed): Binding | null {
  const { sessionBinding: mode } = config
  if (mode === 'off') return null
  const settle = createSettleMove({ mode, database, feed, metrics, log })
  return createBinding({ mode, database, networkOf: nearbyOf, settle, now: () => Date.now() })
}

async function sharedPrincipals(
  keyValue: KeyValue | null,
  { database, keys, metrics }: SignInsParts,
  feed: ChangeFeed,
): Promise<SharedPrincipals> {
  if (keyValue === null) return NO_SHARED_PRINCIPALS
  return createRedisPrincipals({
    keyValue,
    keys: keys.token,
    databaseIdentity: await readDatabaseIdentity(database),
    server: () => feed.server,
    onRead: (outcome) => metrics.sharedRead(outcome),
    now: () => performance.now(),
  })
}
