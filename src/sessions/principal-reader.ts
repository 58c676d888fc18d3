import { LRUCache } from 'lru-cache'
import type { KeyRing } from '../lib/key-ring.ts'
import { createBreaker } from '../lib/breaker.ts'
import type { Breaker } from '../lib/breaker.ts'
import { withDeadline } from '../lib/deadline.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { Principal } from '../lib/principal.ts'
import { hashToken, isOfKnownKey } from '../lib/tokens.ts'
import type { TokenPurpose } from '../lib/tokens.ts'
import { PosternError } from '../errors.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Queryable } from '../store/database.ts'
import type { Statement } from '../store/statement.ts'
import { askForOurs } from './ask-for-ours.ts'
import type { Binding } from './binding.ts'
import { knownOf } from './known-row.ts'
import type { KnownRow } from './known-row.ts'
import type { Outage } from './outage.ts'
import { createPrincipalCache } from './principal-cache.ts'
import type { Known } from './principal-cache.ts'
import { FIND_PRINCIPAL } from './sessions-table.ts'
import type { SharedPrincipals } from './shared-principals.ts'
import { isLastVisit } from './trail.ts'
import type { Visit } from './trail.ts'

/** Whom a token stands for, and which tier knew. */
export interface Read {
  readonly principal: Principal | null
  readonly tier: 'l2' | 'l3'
  /** True where nobody is meant since the sign-in came from elsewhere on another device. */
  readonly moved?: boolean
}

/** Principals by token: memory, then what processes share, then the database; each read once for all who wait. */
export interface PrincipalReader {
  /**
   * At once from memory, else by a promise; a token that we didn't make is refused without I/O.
   * @param host the app host whose token it is, or null for the portal's
   * @param visit from where it comes, compared where sign-ins are bound to that
   */
  find(token: string, host: string | null, visit?: Visit): Principal | null | Promise<Read>
  /** Drops of a user or sign-in what was read under snapshots that are void. */
  dropNamed(name: string, isVoid: (snapshot: string) => boolean): void
  dropAll(): void
  readonly size: number
  /** As of `PrincipalCache`. */
  readonly oldestReadAt: number | null
  /** True while the database is not asked, since it did not answer the last times. */
  readonly isBreakerOpen: boolean
}

/** What tokens of one kind are, and where those stand that count. */
export interface TokenKind {
  purposeFor(host: string | null): TokenPurpose
  readonly find: Statement<[tokenHash: Buffer], KnownRow>
}

export interface ReaderParts {
  /** Those of sign-ins unless given. */
  readonly kind?: TokenKind
  readonly database: Queryable
  readonly keys: KeyRing
  readonly feed: Pick<ChangeFeed, 'isFresh' | 'isVoid'>
  readonly outage: Outage
  /** Left out where it doesn't matter from where a token comes. */
  readonly binding?: ReaderBinding | null
  readonly shared: SharedPrincipals
  readonly maxEntries: number
  /** Told of every look that joined a read under way. */
  readonly onJoined?: () => void
  /** Told of every sign-in that was found. */
  readonly onUse: (signInId: string) => void
  /** ms, monotonic. */
  readonly now: () => number
}

type ReaderBinding = Pick<Binding, 'trailOf' | 'admit' | 'isMoved' | 'networkOf'>

const SIGN_IN_TOKENS: TokenKind = { purposeFor: (host) => (host === null ? 'portal' : 'app'), find: FIND_PRINCIPAL }
const LIFE_MS = 60_000
const MAX_GRACE_MS = 3_600_000
const DATABASE_DEADLINE_MS = 250
const MAX_READS = 3
const BREAKER = { failures: 3, probeMs: 500 }
const NOBODY: Read = { principal: null, tier: 'l3' }
const ABSENT = { maxEntries: 10_000, lifeMs: 5_000 }

/** Builds the reader over its tiers. */
export function createPrincipalReader(parts: ReaderParts): PrincipalReader {
  const { keys, outage, now, binding = null, kind = SIGN_IN_TOKENS } = parts
  const cache = createPrincipalCache({ maxEntries: parts.maxEntries, lifeMs: LIFE_MS + MAX_GRACE_MS })
  const absent = new LRUCache<string, true>({ max: ABSENT.maxEntries, ttl: ABSENT.lifeMs })
  const breaker = createBreaker(BREAKER, now)
  const readThrough = createReadThrough(parts, breaker)
  const isVoid = (known: Known): boolean =>
    hasLostRoles(known, now) || parts.feed.isVoid(known.snapshot, known.principal.userId, known.principal.signInId)

  const read = async (token: string): Promise<ReadKnown> => {
    const found = await readThrough(token)
    // Its key may have ended while the read was under way, and with it all that memory had.
    if (!isOfKnownKey(keys, token)) return { known: null, tier: found.tier }
    if (found.known === null) absent.set(ownCopy(token), true)
    if (found.known === null || isVoid(found.known)) return found
    return { ...found, known: cache.set(token, { ...withTrail(found.known, binding), readAt: now() }) }
  }
  const readOnce = onceForAll(read, parts.onJoined)
  // The host is compared for each who asks: those who joined one read may have come from different ones.
  const readFor = async (token: string, host: string | null, visit: Visit | undefined): Promise<Read> => {
    for (let reads = 0; reads < MAX_READS; reads++) {
      const { known, tier } = await readOnce(token)
      // A last look, in the same turn in which the answer is used and for each who joined the read.
      if (known !== null && isVoid(known)) continue
      if (known === null || !isFor(known, host)) return { principal: null, tier }
      const principal = admit(binding, known, visit)
      if (principal !== null) {
        parts.onUse(principal.signInId)
        return { principal, tier }
      }
      if (await isMoved(binding, known, visit)) return { principal, tier, moved: true }
    }
    throw new PosternError('store_unavailable', 'it changed on its way here, time and again')
  }
  const ask = askForOurs(keys, (host) => kind.purposeFor(host), readFor, NOBODY)
  return {
    find(token, host, visit) {
      const known = cache.get(token)
      if (known === undefined || !isCurrent(known, outage, now))
        return absent.has(token) ? null : ask(token, host, visit)
      if (!isFor(known, host)) return null
      const principal = admit(binding, known, visit)
      if (principal === null) return readFor(token, host, visit)
      parts.onUse(principal.signInId)
      return principal
    },
    dropNamed: (name, isVoid) => cache.dropNamed(name, isVoid),
    dropAll: () => cache.clear(),
    get size() {
      return cache.size
    },
    get oldestReadAt() {
      return cache.oldestReadAt
    },
    get isBreakerOpen() {
      return breaker.isOpen
    },
  }
}

/** Memory older than its life counts only while the database can't be asked. */
function isCurrent(known: Known, outage: Outage, now: () => number): boolean {
  const isYoung = now() - known.readAt <= LIFE_MS || outage.unreachable
  return isYoung && outage.mayUseMemory() && !hasLostRoles(known, now)
}

/** Not for a moment longer, whether the database can be asked or not. */
function hasLostRoles({ rolesUntil }: Known, now: () => number): boolean {
  return rolesUntil !== undefined && rolesUntil <= now()
}

function isFor({ host, principal }: Known, wanted: string | null): boolean {
  return host === wanted && principal.absoluteExpiresAt > Date.now()
}

/** One read for all who ask for the same while it is under way. */
function onceForAll(
  read: (token: string) => Promise<ReadKnown>,
  onJoined: () => void = () => undefined,
): (token: string) => Promise<ReadKnown> {
  const underWay = new Map<string, Promise<ReadKnown>>()
  return (token) => {
    const joined = underWay.get(token)
    if (joined !== undefined) {
      onJoined()
      return joined
    }
    const reading = read(token).finally(() => underWay.delete(token))
    underWay.set(token, reading)
    return reading
  }
}

/** Whom a token stands for on this visit; null where it may be that only a copy of it came here. */
function admit(binding: ReaderBinding | null, { principal, trail }: Known, visit: Visit | undefined): Principal | null {
  if (binding === null || trail === undefined || visit === undefined || isLastVisit(trail, visit)) return principal
  return binding.admit(principal, trail, visit)
}

async function isMoved(
  binding: ReaderBinding | null,
  { principal, trail }: Known,
  visit: Visit | undefined,
): Promise<boolean> {
  return binding === null || trail === undefined || visit === undefined || binding.isMoved(principal, trail, visit)
}

function withTrail(known: Known, binding: ReaderBinding | null): Known {
  if (binding === null || known.shown === undefined) return known
  return { ...known, trail: binding.trailOf(known.principal.signInId, known.shown) }
}

interface ReadKnown {
  readonly known: Known | null
  readonly tier: Read['tier']
}

function createReadThrough(
  { database, feed, outage, shared, now, binding = null, kind = SIGN_IN_TOKENS }: ReaderParts,
  breaker: Breaker,
): (token: string) => Promise<ReadKnown> {
  const isVoid = ({ snapshot, principal }: Known): boolean =>
    feed.isVoid(snapshot, principal.userId, principal.signInId)

  const ask = async (token: string): Promise<Known | null> => {
    if (!breaker.mayAsk()) throw new PosternError('store_unavailable', 'the database did not answer the last times')
    const askedAt = now()
    try {
      const [row] = await withDeadline(database.query(kind.find, hashToken(token)), DATABASE_DEADLINE_MS)
      breaker.succeeded()
      return row === undefined ? null : knownOf(row, { askedAt, readAt: now() }, binding)
    } catch (error) {
      breaker.failed()
      throw error
    }
  }
  // A change that came while the row was on its way may have made it void: for those who joined the read as well.
  const askUntilValid = async (token: string): Promise<Known | null> => {
    for (let reads = 0; reads < MAX_READS; reads++) {
      const known = await ask(token)
      if (known === null || !isVoid(known)) return known
    }
    throw new PosternError('store_unavailable', 'a principal changed during every read of it')
  }
  return async (token) => {
    const found = outage.mayUseMemory() ? await shared.get(token) : null
    const isWhole = found !== null && (binding === null || found.shown !== undefined)
    if (isWhole && outage.mayUseMemory() && !isVoid(found)) return { known: found, tier: 'l2' }
    const known = await askUntilValid(token)
    // Clocks of machines differ: what ends at a moment is timed by whoever read it, and not handed on.
    if (known !== null && known.rolesUntil === undefined) shared.set(token, known)
    return { known, tier: 'l3' }
  }
}
