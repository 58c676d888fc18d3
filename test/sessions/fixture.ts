import type { FactorTimes, Principal } from '../../src/lib/principal.ts'
import type { KeyRing } from '../../src/lib/key-ring.ts'
import { createLastSeen } from '../../src/sessions/last-seen.ts'
import { watchOutage } from '../../src/sessions/outage.ts'
import { createPrincipalReader } from '../../src/sessions/principal-reader.ts'
import { createSessions } from '../../src/sessions/sessions.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import { NO_SHARED_PRINCIPALS } from '../../src/sessions/shared-principals.ts'
import { openChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import type { Database, Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import type { Statement } from '../../src/store/statement.ts'
import { key, ringOf } from '../lib/rings.ts'
import { addUser } from '../users/fixture.ts'
import type { Somebody } from '../users/fixture.ts'

export const IDLE_MS = 8 * 3_600_000
export const ABSOLUTE_MS = 24 * 3_600_000
export const REMEMBER_MS = 30 * 86_400_000
export const FACTORS: FactorTimes = { password: 1_700_000_000_000 }
export const keys: KeyRing = ringOf(key(1))

/** Moves the times of a sign-in, so that no test has to wait; a null leaves one as it is. */
export const MOVE = statement<[id: string, lastSeen: string | null, expires: string | null]>(
  'move',
  `update auth.sessions set last_seen_at = coalesce(now() + $2::interval, last_seen_at),
     expires_at = coalesce(now() + $3::interval, expires_at) where id = $1`,
)
export const READ_SIGN_IN = statement<[id: string], { ended: boolean; end_reason: string | null; idle_s: number }>(
  'read_sign_in',
  `select ended_at is not null as ended, end_reason, extract(epoch from now() - last_seen_at)::float8 as idle_s
   from auth.sessions where id = $1`,
)

export interface SignedIn extends Somebody {
  readonly token: string
  readonly principal: Principal
}

export interface TestSessions extends Sessions {
  readonly feed: ChangeFeed
  /** Empties the memory. */
  forgetAll(): void
}

export interface TestSessionsOptions {
  /** Gathers what `onEnded` was told. */
  readonly lasted?: number[]
  /** Where changes are read, if not where all else is. */
  readonly changesFrom?: Database
  /** The clock of memory; that of changes stands still, so that they never count as too old. */
  readonly now?: () => number
  /** Instead of `keys`. */
  readonly ring?: KeyRing
}

/** Sign-ins over this database, as one process has them without a second tier. */
export async function sessionsOver(database: Database, options: TestSessionsOptions = {}): Promise<TestSessions> {
  const { lasted = [], changesFrom = database, now = () => performance.now(), ring = keys } = options
  const listener = {
    onNamed: (name: string, isVoid: (snapshot: string) => boolean) => reader.dropNamed(name, isVoid),
    onPolicy: () => undefined,
    onGap: () => reader.dropAll(),
  }
  const feed = await openChangeFeed(changesFrom, listener, () => 0)
  const outage = watchOutage(feed, 0, () => 0)
  const lastSeen = createLastSeen(database, now)
  const onUse = (signInId: string): void => lastSeen.note(signInId)
  const tiers = { shared: NO_SHARED_PRINCIPALS, maxEntries: 1_000 }
  const reader = createPrincipalReader({ database, keys: ring, feed, outage, ...tiers, onUse, now })
  const lives = { idleTimeoutMs: IDLE_MS, absoluteTimeoutMs: ABSOLUTE_MS, rememberMs: REMEMBER_MS }
  const onEnded = (seconds: number): void => void lasted.push(seconds)
  const sessions = createSessions({ database, keys: ring, feed, reader, lastSeen, ...lives, onEnded })
  return Object.assign(sessions, { feed, forgetAll: () => reader.dropAll() })
}

export async function start(sessions: Sessions, tx: Queryable, user: Somebody): Promise<string | null> {
  const about = { userId: user.id, sessionEpoch: user.sessionEpoch, factors: FACTORS }
  const session = await sessions.start(tx, { ...about, address: '203.0.113.7', userAgent: 'test' })
  return session?.token ?? null
}

/** Somebody new who has signed in, and whom these sessions know already. */
export async function signIn(sessions: Sessions, database: Database, user?: Somebody): Promise<SignedIn> {
  const somebody = user ?? (await addUser(database))
  const token = await database.transaction((tx) => start(sessions, tx, somebody))
  const principal = token === null ? null : await sessions.whoHas(token, null)
  if (token === null || principal === null) throw new Error('the sign-in was refused')
  return { ...somebody, token, principal }
}

export interface WatchedDatabase extends Database {
  /** Texts of the statements that were asked, first to last. */
  readonly asked: string[]
  /** From now on answers are kept back until released; `reached` tells that the database has given the first. */
  hold(): { readonly reached: Promise<void>; release(): void }
  /** What statements fail with, or null. */
  failure: Error | null
}

/** A database that counts what it is asked, and can be slow or broken. */
export function watch(database: Database): WatchedDatabase {
  let gate: { reached: PromiseWithResolvers<void>; open: PromiseWithResolvers<void> } | null = null
  const watched: WatchedDatabase = {
    asked: [],
    failure: null,
    async query<Params extends readonly unknown[], Row>(asked: Statement<Params, Row>, ...params: Params) {
      watched.asked.push(asked.text)
      const held = gate
      if (watched.failure !== null) throw watched.failure
      const rows = await database.query(asked, ...params)
      held?.reached.resolve()
      await held?.open.promise
      return rows
    },
    hold() {
      const held = { reached: Promise.withResolvers<void>(), open: Promise.withResolvers<void>() }
      gate = held
      const release = (): void => {
        if (gate === held) gate = null
        held.open.resolve()
      }
      return { reached: held.reached.promise, release }
    },
    transaction: (work) => database.transaction(work),
    withConnection: (work) => database.withConnection(work),
    close: () => database.close(),
  }
  return watched
}
