import type { FastifyReply } from 'fastify'
import type { KeyRing } from '../lib/key-ring.ts'
import { hashToken, isOurToken, mintToken } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'
import { readCookie } from '../web/cookies.ts'
import type { CookieNames } from '../web/cookies.ts'
import { setCookie } from '../web/set-cookie.ts'
import * as table from './devices-table.ts'

/** A browser from which somebody signed in before. */
export interface KnownDevice {
  readonly id: string
  /** Whether the second factor was given here and need not be asked again yet. */
  readonly isTrusted: boolean
}

export interface SeenDevice {
  readonly userId: string
  /** What the browser sent, as `read` gives it. */
  readonly deviceHash: Buffer | null
  readonly address: string | null
  readonly userAgent: string
  /** ms for which the second factor need not be given again here; left out, what was agreed before stays. */
  readonly trustForMs?: number
}

/** Devices that people signed in from before. */
export interface Devices {
  /** SHA-256 of the device cookie's token, or null where there is none that we made. Costs no I/O. */
  read(cookieHeaders: readonly string[]): Buffer | null
  /** Null where this user never signed in with this cookie, or has forgotten the device. */
  find(database: Queryable, userId: string, deviceHash: Buffer | null): Promise<KnownDevice | null>
  /**
   * Learns the device of a successful sign-in, in its transaction.
   * @returns the token that `keep` gives the browser once the transaction has committed; null to leave the one it has
   */
  learn(tx: Queryable, device: SeenDevice): Promise<string | null>
  /** Makes the browser keep the token for a year. */
  keep(reply: FastifyReply, token: string | null): void
  /** A user's own, last used first. */
  list(database: Queryable, userId: string): Promise<table.DeviceRow[]>
  /** False where the user has no such device. Its sign-ins go on; it is unknown from the next one on. */
  forget(tx: Queryable, userId: string, id: string): Promise<boolean>
  /** @returns how many there were */
  forgetAll(tx: Queryable, userId: string): Promise<number>
}

/** A device that nobody used for so long is unknown again. */
export const DEVICE_KEPT_MS = 365 * 86_400_000
const MAX_DEVICES = 20
const MAX_USER_AGENT = 512

/** @param cookies how the portal names its cookies */
export function createDevices(
  keys: KeyRing,
  { names, secure }: { readonly names: CookieNames; readonly secure: boolean },
): Devices {
  return {
    read(cookieHeaders) {
      const token = readCookie(cookieHeaders, names.device)
      return typeof token === 'string' && isOurToken(keys, 'device', token) ? hashToken(token) : null
    },
    find,
    learn: (tx, device) => learn(tx, keys, device),
    keep(reply, value) {
      if (value !== null) setCookie(reply, { name: names.device, value, secure, maxAgeS: DEVICE_KEPT_MS / 1_000 })
    },
    list: (database, userId) => database.query(table.LIST_DEVICES, userId, MAX_DEVICES),
    forget: async (tx, userId, id) => (await tx.query(table.FORGET_DEVICE, userId, id)).length > 0,
    forgetAll: async (tx, userId) => (await tx.query(table.FORGET_DEVICES, userId)).length,
  }
}

async function find(database: Queryable, userId: string, deviceHash: Buffer | null): Promise<KnownDevice | null> {
  if (deviceHash === null) return null
  const [row] = await database.query(table.FIND_DEVICE, userId, deviceHash)
  return row === undefined ? null : { id: row.id, isTrusted: row.is_trusted }
}

// A cookie that somebody else put there must not become one that this user is known by: whoever is new to a device,
// or trusts it, gets a new token, and with it everybody else who is known there.
async function learn(tx: Queryable, keys: KeyRing, device: SeenDevice): Promise<string | null> {
  const { userId, deviceHash, address, trustForMs = null } = device
  const userAgent = device.userAgent.slice(0, MAX_USER_AGENT)
  const [known] = deviceHash === null ? [] : await tx.query(table.FIND_DEVICE, userId, deviceHash)
  const { id: keyId } = keys.minting
  const about = [address, userAgent, trustForMs, MAX_DEVICES] as const
  // Used again and again, a token would need its key for ever.
  if (deviceHash !== null && known?.key_id === keyId && trustForMs === null) {
    await tx.query(table.LEARN_DEVICE, userId, deviceHash, ...about, keyId)
    return null
  }
  const token = mintToken(keys, 'device')
  const hash = hashToken(token)
  if (deviceHash !== null) await tx.query(table.RENEW_DEVICE_TOKEN, deviceHash, hash, keyId)
  await tx.query(table.LEARN_DEVICE, userId, hash, ...about, keyId)
  return token
}
