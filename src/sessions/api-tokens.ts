import type { KeyRing } from '../lib/key-ring.ts'
import type { Principal, TokenScope } from '../lib/principal.ts'
import { hashToken, mintToken } from '../lib/tokens.ts'
import { recordChange } from '../store/changes.ts'
import type { Database, Queryable } from '../store/database.ts'
import * as table from './api-tokens-table.ts'
import type { LastSeen } from './last-seen.ts'
import type { PrincipalReader, Read, TokenKind } from './principal-reader.ts'

/** Tokens by which machine clients act for their owners. They are read as sign-ins are, and end as those do. */
export interface ApiTokens {
  /** Whose it is, with its scope in `via`; else null. From memory at once where that knows it. */
  find(token: string): Principal | null | Promise<Read>
  /** Makes one in the caller's transaction. The text of it is nowhere else, and this is the only time it is known. */
  create(tx: Queryable, token: NewApiToken): Promise<NewApiTokenOutcome>
  /** Those that count now, the latest first; of one user or, with null, of all. */
  list(login: string | null, limit: number): Promise<table.ApiTokenRow[]>
  /** Ends one, in a transaction that the caller commits by the feed; null where there is none, or none of this owner. */
  revoke(tx: Queryable, id: string, ownerId: string | null): Promise<RevokedApiToken | null>
  /** Writes when tokens were last used. */
  flush(): Promise<void>
  readonly cachedCount: number
}

export interface NewApiToken {
  readonly userId: string
  readonly name: string
  readonly scope: TokenScope
  readonly lifeMs: number
}

export type NewApiTokenOutcome =
  | { readonly kind: 'created'; readonly id: string; readonly token: string; readonly expiresAt: Date }
  | { readonly kind: 'no_owner' }
  | { readonly kind: 'too_many' }

export interface RevokedApiToken {
  readonly userId: string
  readonly login: string
  readonly name: string
}

export interface ApiTokensParts {
  readonly database: Database
  readonly keys: KeyRing
  readonly reader: PrincipalReader
  readonly lastSeen: LastSeen
}

/** How the reader of principals finds them. */
export const API_TOKENS: TokenKind = { purposeFor: () => 'api', find: table.FIND_API_TOKEN }

/** As many as one person may have at once; a fleet of machines has users of its own. */
export const MAX_API_TOKENS = 50
/** Enough to tell one from another, and far too little to guess the rest. */
const SHOWN_CHARACTERS = 10

/** Builds the tokens over a database and a reader of their principals. */
export function createApiTokens({ database, keys, reader, lastSeen }: ApiTokensParts): ApiTokens {
  return {
    find: (token) => reader.find(token, null),
    create: (tx, token) => createToken(tx, keys, token),
    list: (login, limit) => database.query(table.LIST_API_TOKENS, login, limit),
    async revoke(tx, id, ownerId) {
      const [row] = await tx.query(table.REVOKE_API_TOKEN, id, ownerId)
      if (row === undefined) return null
      await recordChange(tx, { session: id })
      return { userId: row.user_id, login: row.login, name: row.name }
    },
    flush: () => lastSeen.flush(),
    get cachedCount() {
      return reader.size
    },
  }
}

async function createToken(tx: Queryable, keys: KeyRing, wanted: NewApiToken): Promise<NewApiTokenOutcome> {
  const { userId, name, scope, lifeMs } = wanted
  const owners = await tx.query(table.LOCK_OWNER, userId)
  if (owners.length === 0) return { kind: 'no_owner' }
  const token = mintToken(keys, 'api')
  const about = [userId, name, hashToken(token), token.slice(0, SHOWN_CHARACTERS)] as const
  const { apps, hosts, paths, methods, networks, api } = scope
  const within = [apps, hosts, paths, methods, networks, api] as const
  const [row] = await tx.query(table.INSERT_API_TOKEN, ...about, ...within, lifeMs, MAX_API_TOKENS)
  return row === undefined ? { kind: 'too_many' } : { kind: 'created', id: row.id, token, expiresAt: row.expires_at }
}
