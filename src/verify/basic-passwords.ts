import { createHmac, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { BoundedEvents, Failure } from '../audit/bounded-events.ts'
import type { Factors } from '../credentials/factors.ts'
import type { Passwords } from '../credentials/password.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import type { Attempts, Reservation } from '../limits/attempts.ts'
import { networkOf } from '../limits/network.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Tier } from '../observe/verify-durations.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Outage } from '../sessions/outage.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Queryable } from '../store/database.ts'
import { canonical } from '../users/profile.ts'
import { FIND_PASSWORD_OWNER } from '../users/password-owner-table.ts'
import type { PasswordOwnerRow } from '../users/password-owner-table.ts'

/** Logins and passwords that come with every request, checked once in a while. */
export interface BasicPasswords {
  /** At once from memory; else by a promise, one for all who wait for the same. Null for nobody. */
  find(given: BasicPair, address: string): Principal | null | Promise<BasicRead>
  /** For a process that can't know any more what has changed. */
  dropAll(): void
}

export interface BasicPair {
  readonly login: string
  readonly password: string
}

export interface BasicRead {
  readonly principal: Principal | null
  readonly tier: Tier
  /** Given where nothing was checked, since too much was wrong before or too many wait. */
  readonly denial?: 'too_many_attempts'
}

export interface BasicPasswordsParts {
  readonly database: Queryable
  readonly passwords: Pick<Passwords, 'verify' | 'isFull'>
  readonly factors: Pick<Factors, 'ownedBy'>
  readonly attempts: Pick<Attempts, 'reserve'>
  /** Of whom a second factor is demanded can't be known by a password. */
  readonly policy: () => Pick<CompiledPolicy, 'secondFactor'>
  readonly feed: Pick<ChangeFeed, 'isVoid'>
  readonly outage: Pick<Outage, 'mayUseMemory' | 'unreachable'>
  readonly metrics: Pick<Metrics, 'attempt'>
  readonly events: Pick<BoundedEvents, 'note'>
  readonly log: Pick<Log, 'info'>
  /** ms, monotonic. */
  readonly now: () => number
}

/** Two HMACs: of network and login, and of these with the password. */
interface Names {
  readonly place: string
  readonly whole: string
}

interface Known {
  readonly principal: Principal
  readonly snapshot: string
  readonly checkedAt: number
  /** When one of the roles ends, ms on the monotonic clock. */
  readonly rolesUntil: number
}

/** A client with the right password pays for one check in this time; a change of its user voids it at once. */
const LIFE_MS = 30_000
/** So a client with an old password isn't counted at each request, and a new password counts soon. */
const WRONG = { maxEntries: 10_000, lifeMs: 5_000 }
const MAX_ENTRIES = 10_000
const STOPPED: BasicRead = { principal: null, tier: 'none', denial: 'too_many_attempts' }

/**
 * Known by an HMAC under a key that this process made for itself: what is in memory can't be guessed at elsewhere. Each
 * network has what it proved for itself and loses it when it is stopped, so that memory answers nobody who guesses on.
 */
export function createBasicPasswords(parts: BasicPasswordsParts): BasicPasswords {
  const { feed, outage, policy, now } = parts
  const key = randomBytes(32)
  const right = new LRUCache<string, Known & Pick<Names, 'whole'>>({ max: MAX_ENTRIES })
  const wrong = new LRUCache<string, true>({ max: WRONG.maxEntries, ttl: WRONG.lifeMs })
  const underWay = new Map<string, Promise<Checked>>()
  const isVoid = ({ principal, snapshot, rolesUntil }: Known): boolean =>
    rolesUntil <= now() ||
    feed.isVoid(snapshot, principal.userId, principal.signInId) ||
    isDemanded(policy(), principal)
  const isCurrent = (known: Known): boolean =>
    now() - known.checkedAt <= LIFE_MS && outage.mayUseMemory() && !isVoid(known)

  const checkOnce = (whole: string, given: BasicPair, address: string): Promise<Checked> => {
    const joined = underWay.get(whole)
    if (joined !== undefined) return joined
    const checking = check(parts, given, address).finally(() => underWay.delete(whole))
    underWay.set(whole, checking)
    return checking
  }
  const read = async (names: Names, given: BasicPair, address: string, isLast = false): Promise<BasicRead> => {
    const { place, whole } = names
    const checked = await checkOnce(whole, given, address)
    if (checked === 'stopped') right.delete(place)
    if (checked === 'stopped' || checked === 'full') return STOPPED
    if (checked === null) {
      wrong.set(whole, true)
      return { principal: null, tier: 'l3' }
    }
    // A last look, in the same turn in which the answer is used and for each who joined.
    if (isVoid(checked)) {
      if (isLast) throw new PosternError('store_unavailable', 'somebody changed while being checked, twice')
      return read(names, given, address, true)
    }
    right.set(place, { ...checked, whole })
    return { principal: checked.principal, tier: 'l3' }
  }
  return {
    find(given, address) {
      const names = namesOf(key, given, address)
      const known = right.get(names.place)
      if (known?.whole === names.whole && isCurrent(known)) return known.principal
      return wrong.has(names.whole) ? null : read(names, given, address)
    },
    dropAll() {
      right.clear()
      wrong.clear()
    },
  }
}

/** A login has no control characters, and the reader lets none pass. */
function namesOf(key: Buffer, { login, password }: BasicPair, address: string): Names {
  const hmac = (text: string): string => createHmac('sha256', key).update(text).digest('base64')
  const place = `${networkOf(address)}\0${canonical(login)}`
  return { place: hmac(place), whole: hmac(`${place}\0${password}`) }
}

/** `full` where too many wait, which is no fault of who asks. */
type Checked = Known | 'stopped' | 'full' | null

async function check(parts: BasicPasswordsParts, { login, password }: BasicPair, address: string): Promise<Checked> {
  const { database, passwords, attempts, outage, metrics } = parts
  if (outage.unreachable) throw new PosternError('store_unavailable', 'no password can be checked')
  if (passwords.isFull) return throttled(metrics, 'full')
  const askedAt = parts.now()
  const [owner] = await database.query(FIND_PASSWORD_OWNER, canonical(login))
  const about = { name: login, userId: owner?.id ?? null, address: address === '' ? null : address }
  const reservation = await attempts.reserve({ ...about, deviceHash: null, factor: 'basic' })
  if (reservation.kind === 'stopped') {
    await parts.events.note({ type: 'sign_in_throttled', ...failureOf(owner, address) })
    return throttled(metrics, 'stopped')
  }
  if (reservation.delayMs > 0) await delay(reservation.delayMs)
  const fits = await verifyPassword(parts, reservation, owner, password)
  if (fits === 'full') return fits
  if (!fits || owner === undefined) return failed(parts, owner, address)
  await reservation.succeeded()
  metrics.attempt('success', 'basic')
  return knownOf(parts, owner, askedAt)
}

async function verifyPassword(
  { passwords, metrics }: BasicPasswordsParts,
  reservation: Extract<Reservation, { kind: 'go' }>,
  owner: PasswordOwnerRow | undefined,
  password: string,
): Promise<boolean | 'full'> {
  const hash = owner?.password_hash ?? null
  const stored = hash === null ? null : { hash, pepperKeyId: owner?.pepper_key_id ?? null }
  try {
    return (await passwords.verify(stored, password)) !== null
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'too_many_attempts') throw error
    await reservation.notChecked()
    return throttled(metrics, 'full')
  }
}

/** Null, as for a wrong password, where a password isn't enough to be known by. */
async function knownOf(
  { database, factors, policy, log, now }: BasicPasswordsParts,
  owner: PasswordOwnerRow,
  askedAt: number,
): Promise<Known | null> {
  const { id: userId, login, email, name, roles, snapshot } = owner
  const needsMore = isDemanded(policy(), owner) || (await factors.ownedBy(database, userId)).length > 0
  if (needsMore || !owner.may_use_basic) {
    log.info({ userId, needsMore }, 'a right password by Basic was refused: this person signs in at the portal only')
    return null
  }
  const nowMs = Date.now()
  const via = { kind: 'basic' } as const
  const proven = { factors: { password: nowMs }, absoluteExpiresAt: nowMs + LIFE_MS, via }
  const principal = { userId, signInId: userId, login, email, name, roles, ...proven }
  const rolesUntil = owner.roles_left_ms === null ? Infinity : askedAt + owner.roles_left_ms
  return { principal, snapshot, checkedAt: now(), rolesUntil }
}

function isDemanded(
  { secondFactor }: Pick<CompiledPolicy, 'secondFactor'>,
  { roles }: Pick<Principal, 'roles'>,
): boolean {
  return secondFactor?.roles.some((role) => roles.includes(role)) ?? false
}

function throttled<Why extends 'stopped' | 'full'>(metrics: Pick<Metrics, 'attempt'>, why: Why): Why {
  metrics.attempt('throttled', 'basic')
  return why
}

/** Nothing of what was typed is written down. */
async function failed(
  { events, metrics, log }: BasicPasswordsParts,
  owner: PasswordOwnerRow | undefined,
  address: string,
): Promise<null> {
  metrics.attempt('failure', 'basic')
  log.info({ userId: owner?.id, clientAddress: address, factor: 'basic' }, 'sign-in failed')
  await events.note({ type: 'sign_in', ...failureOf(owner, address) })
  return null
}

function failureOf(owner: PasswordOwnerRow | undefined, address: string): Omit<Failure, 'type'> {
  const resource = owner === undefined ? {} : { resource: `user:${owner.login}` }
  const whence = { address: address === '' ? null : address }
  return { result: 'failure', actor: null, ...whence, ...resource, details: { factor: 'basic' } }
}
