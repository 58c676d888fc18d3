import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { ownCopy } from '../lib/own-copy.ts'
import type { Principal } from '../lib/principal.ts'
import { mergeShown } from './trail.ts'
import type { Shown, Trail } from './trail.ts'

/** A principal and the snapshot under which it was read; `host` is null for the portal's own token. */
export interface Known {
  readonly principal: Principal
  readonly host: string | null
  readonly snapshot: string
  /** When this process read it, ms on the monotonic clock. */
  readonly readAt: number
  /** When one of the roles ends, ms on the monotonic clock: it is read anew then. Left out where none does. */
  readonly rolesUntil?: number
  /** Of a sign-in, as it was read. */
  readonly shown?: Shown
  /** The same as this process goes on with it, where sessions are bound to where they are used. */
  readonly trail?: Trail
}

/** Principals in memory by token, bounded, each for a while. */
export interface PrincipalCache {
  get(token: string): Known | undefined
  /** Gives what is kept, which shares with its sign-in's other tokens what they have in common. */
  set(token: string, known: Known): Known
  /** Drops what names this user or sign-in and is void, without looking at the others. */
  dropNamed(name: string, isVoid: (snapshot: string) => boolean): void
  clear(): void
  readonly size: number
  /** When that was read which was used least recently; null where there is none. */
  readonly oldestReadAt: number | null
}

/** Different lists of one kind that entries share: roles of people of one kind, networks of an office, browsers. */
const MAX_LISTS = 1_000
const NONE: readonly string[] = []

/** @param lifeMs how long an entry lives on the monotonic clock */
export function createPrincipalCache(limits: { maxEntries: number; lifeMs: number }): PrincipalCache {
  const tokensOf = createIndex()
  const signInsOf = createIndex()
  const [sharedRoles, withSharedLists] = [createLists(), createTrailLists()]
  let lastSnapshot = ''
  const entries = new LRUCache<string, Known>({
    max: limits.maxEntries,
    ttl: limits.lifeMs,
    dispose: ({ principal: { userId, signInId } }, token) => {
      if (tokensOf.remove(signInId, token)) signInsOf.remove(userId, signInId)
    },
  })
  // The tokens of one sign-in tell of the same principal, unless it changed or has further factors since.
  const sharedPrincipal = (principal: Principal): Principal => {
    const [token] = tokensOf.of(principal.signInId)
    const known = token === undefined ? undefined : entries.peek(token)?.principal
    if (isDeepStrictEqual(known, principal)) return known ?? principal
    return { ...principal, roles: sharedRoles(principal.roles) }
  }
  const sharedTrail = ({ signInId }: Principal, trail: Trail): Trail => {
    const [token] = tokensOf.of(signInId)
    const known = token === undefined ? undefined : entries.peek(token)?.trail
    if (known === undefined) return withSharedLists(trail)
    mergeShown(known, trail)
    return known
  }
  // Of what is read at one moment all has the same snapshot, though each read brings a text of its own.
  const sharedSnapshot = (snapshot: string): string => {
    if (snapshot !== lastSnapshot) lastSnapshot = snapshot
    return lastSnapshot
  }
  return {
    get: (token) => entries.get(token),
    set(given, { principal: read, host, snapshot, readAt, rolesUntil, trail }) {
      const token = ownCopy(given)
      const principal = sharedPrincipal(read)
      const ends = rolesUntil !== undefined && { rolesUntil }
      const plain = { principal, host, snapshot: sharedSnapshot(snapshot), readAt, ...ends }
      const kept = trail === undefined ? plain : { ...plain, trail: sharedTrail(principal, trail) }
      entries.set(token, kept)
      tokensOf.add(principal.signInId, token)
      signInsOf.add(principal.userId, principal.signInId)
      return kept
    },
    dropNamed(name, isVoid) {
      const signIns = [name, ...signInsOf.of(name)]
      for (const token of signIns.flatMap((signIn) => [...tokensOf.of(signIn)])) {
        const known = entries.peek(token)
        if (known !== undefined && isVoid(known.snapshot)) entries.delete(token)
      }
    },
    clear: () => entries.clear(),
    get size() {
      return entries.size
    },
    get oldestReadAt() {
      return entries.rvalues().next().value?.readAt ?? null
    },
  }
}

interface Index {
  add(name: string, item: string): void
  /** True when the name is left with none. */
  remove(name: string, item: string): boolean
  of(name: string): Iterable<string>
}

/** Nearly every name has one item, which then stands there by itself: a set for each takes 150 bytes. */
function createIndex(): Index {
  const index = new Map<string, string | Set<string>>()
  return {
    add(name, item) {
      const items = index.get(name)
      if (items === undefined) index.set(name, item)
      else if (typeof items !== 'string') items.add(item)
      else if (items !== item) index.set(name, new Set([items, item]))
    },
    remove(name, item) {
      const items = index.get(name)
      if (items === undefined) return false
      if (typeof items === 'string') return items === item && index.delete(name)
      items.delete(item)
      return items.size === 0 && index.delete(name)
    },
    of(name) {
      const items = index.get(name) ?? []
      return typeof items === 'string' ? [items] : items
    },
  }
}

/** Gives a trail the lists that others have as well; they are replaced, never changed, so nobody is taken along. */
function createTrailLists(): (trail: Trail) => Trail {
  const [networks, devices] = [createLists(), createLists()]
  return (trail) => {
    trail.networks = networks(trail.networks)
    trail.devices = devices(trail.devices)
    if (trail.moves.length === 0) trail.moves = NONE
    return trail
  }
}

/** One list for all that are the same, 152 bytes less an entry; starts over where there are too many. */
function createLists(): (list: readonly string[]) => readonly string[] {
  const lists = new Map<string, readonly string[]>()
  return (list) => {
    const key = list.join('\n')
    const known = lists.get(key)
    if (known !== undefined) return known
    if (lists.size >= MAX_LISTS) lists.clear()
    lists.set(key, list)
    return list
  }
}
