import type { KeyRing } from '../lib/key-ring.ts'
import type { FactorTimes, Principal } from '../lib/principal.ts'
import { hashToken, mintToken } from '../lib/tokens.ts'
import type { Database, Queryable } from '../store/database.ts'
import { createLastSeen } from './last-seen.ts'
import { createPrincipalReader } from './principal-reader.ts'
import * as table from './sessions-table.ts'

/** Sign-ins and the tokens that refer to them. */
export interface Sessions {
  /**
   * Whom a portal token stands for, or null. From memory at once where that knows it, else by a promise of one
   * database read; a token that we didn't make is refused without any.
   */
  find(token: string): Principal | null | Promise<Principal | null>
  /** Starts a sign-in in the caller's transaction; null when the user was disabled or changed meanwhile. */
  start(tx: Queryable, signIn: NewSignIn): Promise<string | null>
  /** Ends one sign-in for good; false when it had ended already. Throws when that can't be made durable. */
  end(database: Queryable, signInId: string, reason: EndReason): Promise<boolean>
  /** Ends all sign-ins of a user and tells how many there were. */
  endAllOf(database: Queryable, login: string, reason: EndReason): Promise<number>
  /** Those that count now, last used first; of one user or, with null, of all. */
  list(database: Queryable, login: string | null, limit: number): Promise<table.SignInRow[]>
  /** Writes when sign-ins were last used. */
  flush(): Promise<void>
  /** Drops all that memory holds, so that the next question reads the database. */
  forgetAll(): void
  readonly cachedCount: number
}

export type EndReason = 'signed_out' | 'signed_in_again' | 'revoked'

export interface NewSignIn {
  readonly userId: string
  /** As read together with what proved who it is; a password changed since then starts nothing. */
  readonly sessionEpoch: number
  readonly factors: FactorTimes
  readonly address: string | null
  readonly userAgent: string
}

export interface SessionsOptions {
  readonly database: Database
  readonly keys: KeyRing
  readonly idleTimeoutMs: number
  readonly absoluteTimeoutMs: number
  /** Told how long each sign-in lasted, in seconds, when it ends here. */
  readonly onEnded?: (lastedSeconds: number) => void
}

const MAX_USER_AGENT_CHARACTERS = 512

/** Builds the sign-ins over a database, with their memory. */
export function createSessions(options: SessionsOptions): Sessions {
  const { database, keys, onEnded } = options
  const lastSeen = createLastSeen(database, () => performance.now())
  const principals = createPrincipalReader(database, keys, (signInId) => lastSeen.note(signInId))
  const forget = (ended: readonly table.EndedRow[]): number => {
    principals.drop(ended.map(({ id }) => id))
    for (const { lasted_seconds: lasted } of ended) onEnded?.(lasted)
    return ended.length
  }
  return {
    find: (token) => principals.find(token),
    start: (tx, signIn) => startSignIn(tx, options, signIn),
    end: async (db, signInId, reason) => forget(await db.query(table.END_SIGN_IN, signInId, reason)) > 0,
    endAllOf: async (db, login, reason) => forget(await db.query(table.END_SIGN_INS_OF_USER, login, reason)),
    list: (db, login, limit) => db.query(table.LIST_SIGN_INS, login, limit),
    flush: () => lastSeen.flush(),
    forgetAll: () => principals.dropAll(),
    get cachedCount() {
      return principals.size
    },
  }
}

async function startSignIn(tx: Queryable, options: SessionsOptions, signIn: NewSignIn): Promise<string | null> {
  const factors = JSON.stringify(signIn.factors)
  const [row] = await tx.query(
    table.INSERT_SIGN_IN,
    signIn.userId,
    signIn.sessionEpoch,
    factors,
    options.idleTimeoutMs,
    options.absoluteTimeoutMs,
    signIn.address,
    signIn.userAgent.slice(0, MAX_USER_AGENT_CHARACTERS),
  )
  if (row === undefined) return null
  const token = mintToken(options.keys, 'portal')
  await tx.query(table.INSERT_TOKEN, hashToken(token), row.id, null, factors)
  return token
}
