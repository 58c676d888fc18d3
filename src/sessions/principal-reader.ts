import type { KeyRing } from '../lib/key-ring.ts'
import type { Principal } from '../lib/principal.ts'
import { hashToken, isOurToken } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'
import { createPrincipalCache } from './principal-cache.ts'
import { FIND_PRINCIPAL } from './sessions-table.ts'
import type { PrincipalRow } from './sessions-table.ts'

/** Principals by token: from memory where that knows them, else from the database, once for all who ask meanwhile. */
export interface PrincipalReader {
  /** At once from memory, else by a promise; a token that we didn't make is refused without I/O. */
  find(token: string): Principal | null | Promise<Principal | null>
  /** Forgets sign-ins that have ended, those being read just now too. */
  drop(signInIds: readonly string[]): void
  dropAll(): void
  readonly size: number
}

/** 2 s bound how long another process's revocation goes unseen until processes tell each other of changes. */
const CACHE_LIMITS = { maxEntries: 100_000, lifeMs: 2_000 }

/** @param onUse told of every sign-in that was found */
export function createPrincipalReader(
  database: Queryable,
  keys: KeyRing,
  onUse: (signInId: string) => void,
): PrincipalReader {
  const cache = createPrincipalCache(CACHE_LIMITS)
  const reads = new Map<string, Promise<Principal | null>>()
  let drops = 0

  const read = async (token: string): Promise<Principal | null> => {
    const dropsBefore = drops
    const startedAt = performance.now()
    const [row] = await database.query(FIND_PRINCIPAL, hashToken(token))
    if (row === undefined || row.host !== null) return null
    const principal = principalOf(row)
    // A sign-in that ended while this was read may be in what was read: then nothing is kept.
    if (drops === dropsBefore) cache.set(token, principal, startedAt)
    onUse(principal.signInId)
    return principal
  }
  const readOnce = (token: string): Promise<Principal | null> => {
    const underWay = reads.get(token)
    if (underWay !== undefined) return underWay
    const reading = read(token).finally(() => {
      if (reads.get(token) === reading) reads.delete(token)
    })
    reads.set(token, reading)
    return reading
  }
  // Who asks from now on must not join a read that began before.
  const startAfresh = (): void => {
    drops++
    reads.clear()
  }

  return {
    find(token) {
      const known = cache.get(token)
      if (known === undefined) return isOurToken(keys, 'portal', token) ? readOnce(token) : null
      if (known.absoluteExpiresAt <= Date.now()) return null
      onUse(known.signInId)
      return known
    },
    drop(signInIds) {
      startAfresh()
      for (const id of signInIds) cache.dropSignIn(id)
    },
    dropAll() {
      startAfresh()
      cache.clear()
    },
    get size() {
      return cache.size
    },
  }
}

function principalOf(row: PrincipalRow): Principal {
  return {
    userId: row.user_id,
    signInId: row.session_id,
    login: row.login,
    email: row.email,
    name: row.name,
    roles: row.roles,
    factors: row.factors,
    absoluteExpiresAt: row.expires_at.getTime(),
  }
}
