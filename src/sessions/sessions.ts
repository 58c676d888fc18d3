import type { KeyRing } from '../lib/key-ring.ts'
import type { FactorTimes, Principal } from '../lib/principal.ts'
import { hashToken, mintToken } from '../lib/tokens.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import { recordChange } from '../store/changes.ts'
import type { Database, Queryable } from '../store/database.ts'
import type { NewSession, StartedSession } from '../web/pages.ts'
import type { LastSeen } from './last-seen.ts'
import type { PrincipalReader, Read } from './principal-reader.ts'
import * as table from './sessions-table.ts'
import type { Visit } from './trail.ts'

/** Sign-ins and the tokens that refer to them. */
export interface Sessions {
  /**
   * Whom a token stands for, or null. From memory at once where that knows it, else by a promise of one read; a token
   * that we didn't make is refused without any.
   * @param host the app host that the token came to, or null for the portal's own token
   * @param visit from where it came; not compared where it isn't given
   */
  find(token: string, host: string | null, visit?: Visit): Principal | null | Promise<Read>
  /** The same for who can wait. */
  whoHas(token: string, host: string | null, visit?: Visit): Promise<Principal | null>
  /** Starts a sign-in in the caller's transaction; null when the user was disabled or changed meanwhile. */
  start(tx: Queryable, signIn: NewSignIn): Promise<StartedSession | null>
  /**
   * Adds a token for one app host, in the caller's transaction; null when the sign-in no longer counts. The oldest go
   * of those that are more than a browser can have use for.
   */
  addToken(tx: Queryable, token: AppToken): Promise<NewSession | null>
  /**
   * Adds factors to a sign-in, in a transaction that the caller commits by the feed. Its portal token is replaced: one
   * that was copied before doesn't rise. Null when the sign-in no longer counts.
   */
  raise(tx: Queryable, rise: Rise): Promise<NewSession | null>
  /**
   * Ends one sign-in for good; false when it had ended already. Throws when that can't be made durable.
   * @param also what else is done with it, or neither
   */
  end(signInId: string, reason: EndReason, also?: WithEnd<EndedSignIn>): Promise<boolean>
  /** Ends all sign-ins of a user, all but one where that is named, and tells how many there were. */
  endAllOf(login: string, reason: EndReason, more?: EndOfAll): Promise<number>
  /** The same as part of a transaction that the caller commits by the feed. */
  endAllIn(tx: Queryable, login: string, reason: EndReason, exceptId?: string): Promise<number>
  /** Those that count now, last used first; of one user or, with null, of all. */
  list(login: string | null, limit: number): Promise<table.SignInRow[]>
  /** Writes when sign-ins were last used. */
  flush(): Promise<void>
  readonly cachedCount: number
  /** How long a sign-in lasts that is remembered on its device, used or not; 0 where that isn't offered. */
  readonly rememberMs: number
}

/** Done in the transaction that ends sign-ins. */
export type WithEnd<Ended> = (tx: Queryable, ended: Ended) => Promise<void>

export interface EndedSignIn {
  readonly userId: string
  readonly login: string
}

export interface EndOfAll {
  readonly exceptId?: string
  /** Told how many there were, if any. */
  readonly also?: WithEnd<number>
}

export type EndReason = 'signed_out' | 'signed_in_again' | 'revoked'

export interface NewSignIn {
  readonly userId: string
  /** As read together with what proved who it is; a password changed since then starts nothing. */
  readonly sessionEpoch: number
  readonly factors: FactorTimes
  readonly address: string | null
  readonly userAgent: string
  /** Whether it is to last on the device beyond the browser's window, where that is offered; false unless given. */
  readonly remember?: boolean
}

/** What an app's host gets of a sign-in. */
export interface AppToken {
  readonly signInId: string
  readonly host: string
  /** Those of the token that asked: one from before a further factor must not gain it. */
  readonly factors: FactorTimes
}

/** What a sign-in gains by a step-up. */
export interface Rise {
  readonly signInId: string
  /** All that the new token is to have: those of the token that asked and the new ones. */
  readonly factors: FactorTimes
}

export interface SessionsOptions {
  readonly database: Database
  readonly keys: KeyRing
  readonly feed: ChangeFeed
  readonly reader: PrincipalReader
  readonly lastSeen: LastSeen
  readonly idleTimeoutMs: number
  readonly absoluteTimeoutMs: number
  readonly rememberMs: number
  /** Told how long each sign-in lasted, in seconds, when it ends here. */
  readonly onEnded?: (lastedSeconds: number) => void
}

const MAX_USER_AGENT_CHARACTERS = 512
/**
 * One would do, but tabs that come back from the portal at once each get one, and requests with the one before may be
 * under way. In all, so that a wildcard of hosts has a bound too.
 */
const MAX_APP_TOKENS = { ofHost: 4, inAll: 500 }

/** Builds the sign-ins over a database and what reads principals. */
export function createSessions(options: SessionsOptions): Sessions {
  const { database, feed, reader, lastSeen, onEnded } = options
  const count = (ended: readonly table.EndedRow[]): number => {
    for (const { lasted_seconds: lasted } of ended) onEnded?.(lasted)
    return ended.length
  }
  const endAllIn = async (tx: Queryable, login: string, reason: EndReason, exceptId?: string): Promise<number> => {
    const ended = await tx.query(table.END_SIGN_INS_OF_USER, login, reason, exceptId ?? null)
    await tx.query(table.DROP_HALF_DONE, login)
    // One change for all of them, however many there are.
    if (ended[0] !== undefined) await recordChange(tx, { user: ended[0].user_id })
    return count(ended)
  }
  return {
    find: (token, host, visit) => reader.find(token, host, visit),
    async whoHas(token, host, visit) {
      const found = await reader.find(token, host, visit)
      return found !== null && 'tier' in found ? found.principal : found
    },
    start: (tx, signIn) => startSignIn(tx, options, signIn),
    addToken: (tx, token) => addToken(tx, options.keys, token),
    raise: (tx, rise) => raise(tx, options.keys, rise),
    end: (signInId, reason, also) =>
      feed.commit(database, async (tx) => {
        const [ended] = await tx.query(table.END_SIGN_IN, signInId, reason)
        if (ended === undefined) return false
        await recordChange(tx, { session: signInId })
        await also?.(tx, { userId: ended.user_id, login: ended.login })
        return count([ended]) > 0
      }),
    endAllOf: (login, reason, { exceptId, also } = {}) =>
      feed.commit(database, async (tx) => {
        const ended = await endAllIn(tx, login, reason, exceptId)
        if (ended > 0) await also?.(tx, ended)
        return ended
      }),
    endAllIn,
    list: (login, limit) => database.query(table.LIST_SIGN_INS, login, limit),
    flush: () => lastSeen.flush(),
    rememberMs: options.rememberMs,
    get cachedCount() {
      return reader.size
    },
  }
}

async function startSignIn(tx: Queryable, options: SessionsOptions, signIn: NewSignIn): Promise<StartedSession | null> {
  const factors = JSON.stringify(signIn.factors)
  const isRemembered = signIn.remember === true && options.rememberMs > 0
  const [row] = await tx.query(
    table.INSERT_SIGN_IN,
    signIn.userId,
    signIn.sessionEpoch,
    factors,
    isRemembered ? options.rememberMs : options.idleTimeoutMs,
    isRemembered ? options.rememberMs : options.absoluteTimeoutMs,
    signIn.address,
    signIn.userAgent.slice(0, MAX_USER_AGENT_CHARACTERS),
  )
  if (row === undefined) return null
  if (isRemembered) await tx.query(table.MARK_REMEMBERED, row.id)
  const token = mintToken(options.keys, 'portal')
  await tx.query(table.INSERT_TOKEN, hashToken(token), row.id, null, factors)
  return { token, signInId: row.id, lastsMs: isRemembered ? options.rememberMs : null }
}

async function addToken(
  tx: Queryable,
  keys: KeyRing,
  { signInId, host, factors }: AppToken,
): Promise<NewSession | null> {
  const token = mintToken(keys, 'app')
  const { ofHost, inAll } = MAX_APP_TOKENS
  const about = [hashToken(token), signInId, host, JSON.stringify(factors)] as const
  const [row] = await tx.query(table.INSERT_APP_TOKEN, ...about, ofHost, inAll)
  return row === undefined ? null : { token, lastsMs: row.lasts_ms }
}

async function raise(tx: Queryable, keys: KeyRing, { signInId, factors }: Rise): Promise<NewSession | null> {
  const token = mintToken(keys, 'portal')
  const [row] = await tx.query(table.RAISE_SIGN_IN, signInId, hashToken(token), JSON.stringify(factors))
  if (row === undefined) return null
  await recordChange(tx, { session: signInId })
  return { token, lastsMs: row.lasts_ms }
}
