import { LRUCache } from 'lru-cache'
import type { Principal } from '../lib/principal.ts'

/** Principals in memory by token, bounded, each for a short while. */
export interface PrincipalCache {
  get(token: string): Principal | undefined
  /** @param readAt when the read of it began, on the monotonic clock: its life counts from there */
  set(token: string, principal: Principal, readAt: number): void
  /** Drops all tokens of one sign-in, without looking at the others. */
  dropSignIn(signInId: string): void
  clear(): void
  readonly size: number
}

/** @param lifeMs how long an entry lives on the monotonic clock */
export function createPrincipalCache(limits: { maxEntries: number; lifeMs: number }): PrincipalCache {
  const tokensOf = new Map<string, Set<string>>()
  const forget = (principal: Principal, token: string): void => {
    const tokens = tokensOf.get(principal.signInId)
    tokens?.delete(token)
    if (tokens?.size === 0) tokensOf.delete(principal.signInId)
  }
  const entries = new LRUCache<string, Principal>({ max: limits.maxEntries, ttl: limits.lifeMs, dispose: forget })
  return {
    get: (token) => entries.get(token),
    set(token, principal, readAt) {
      entries.set(token, principal, { start: readAt })
      const tokens = tokensOf.get(principal.signInId)
      if (tokens === undefined) tokensOf.set(principal.signInId, new Set([token]))
      else tokens.add(token)
    },
    dropSignIn(signInId) {
      for (const token of tokensOf.get(signInId) ?? []) entries.delete(token)
    },
    clear: () => entries.clear(),
    get size() {
      return entries.size
    },
  }
}
