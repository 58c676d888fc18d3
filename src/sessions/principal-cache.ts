import { LRUCache } from 'lru-cache'
import type { Principal } from '../lib/principal.ts'

/** A principal and the snapshot under which it was read; `host` is null for the portal's own token. */
export interface Known {
  readonly principal: Principal
  readonly host: string | null
  readonly snapshot: string
  /** When this process read it, ms on the monotonic clock. */
  readonly readAt: number
}

/** Principals in memory by token, bounded, each for a while. */
export interface PrincipalCache {
  get(token: string): Known | undefined
  set(token: string, known: Known): void
  /** Drops what names this user or sign-in and is void, without looking at the others. */
  dropNamed(name: string, isVoid: (snapshot: string) => boolean): void
  clear(): void
  readonly size: number
}

/** Different lists of roles that entries share; people of one kind have the same. */
const MAX_ROLE_LISTS = 1_000

/** @param lifeMs how long an entry lives on the monotonic clock */
export function createPrincipalCache(limits: { maxEntries: number; lifeMs: number }): PrincipalCache {
  const tokensByName = createNameIndex()
  const shared = createRoleLists()
  const entries = new LRUCache<string, Known>({
    max: limits.maxEntries,
    ttl: limits.lifeMs,
    dispose: ({ principal }, token) => {
      tokensByName.remove(principal.userId, token)
      tokensByName.remove(principal.signInId, token)
    },
  })
  return {
    get: (token) => entries.get(token),
    set(token, known) {
      const principal = { ...known.principal, roles: shared(known.principal.roles) }
      entries.set(token, { ...known, principal })
      tokensByName.add(principal.userId, token)
      tokensByName.add(principal.signInId, token)
    },
    dropNamed(name, isVoid) {
      for (const token of tokensByName.of(name)) {
        const known = entries.peek(token)
        if (known !== undefined && isVoid(known.snapshot)) entries.delete(token)
      }
    },
    clear: () => entries.clear(),
    get size() {
      return entries.size
    },
  }
}

interface NameIndex {
  add(name: string, token: string): void
  remove(name: string, token: string): void
  /** May be gone through while tokens are removed. */
  of(name: string): Iterable<string>
}

/**
 * Nearly every name has one token, which then stands there by itself: a set for each of the two names of an entry
 * takes 305 bytes of its 1,257.
 */
function createNameIndex(): NameIndex {
  const index = new Map<string, string | Set<string>>()
  return {
    add(name, token) {
      const tokens = index.get(name)
      if (tokens === undefined) index.set(name, token)
      else if (typeof tokens !== 'string') tokens.add(token)
      else if (tokens !== token) index.set(name, new Set([tokens, token]))
    },
    remove(name, token) {
      const tokens = index.get(name)
      if (tokens === token) index.delete(name)
      if (tokens === undefined || typeof tokens === 'string') return
      tokens.delete(token)
      if (tokens.size === 0) index.delete(name)
    },
    of(name) {
      const tokens = index.get(name) ?? []
      return typeof tokens === 'string' ? [tokens] : tokens
    },
  }
}

/** One list of roles for all that are the same, 152 bytes less an entry; starts over where there are too many. */
function createRoleLists(): (roles: readonly string[]) => readonly string[] {
  const lists = new Map<string, readonly string[]>()
  return (roles) => {
    const key = roles.join('\n')
    const known = lists.get(key)
    if (known !== undefined) return known
    if (lists.size >= MAX_ROLE_LISTS) lists.clear()
    lists.set(key, roles)
    return roles
  }
}
