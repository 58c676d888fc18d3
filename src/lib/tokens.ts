import { createHash, createHmac, randomBytes } from 'node:crypto'
import { equalSecrets } from './secrets.ts'
import type { Key, KeyRing } from './key-ring.ts'

/** What a token is for; the prefix and the HMAC both hold it, so none is usable as another. */
export type TokenPurpose =
  | 'portal'
  | 'app'
  | 'hand_over'
  | 'invite'
  | 'pending'
  | 'reset'
  | 'email'
  | 'email_stop'
  | 'device'
  | 'api'

/** The one that people see and put in files, so scanners for secrets must know it: `pst_[0-9a-z]{2}[A-Za-z0-9_-]{54}`. */
export const API_TOKEN_PREFIX = 'pst_'

const PREFIXES = {
  portal: 'ps1',
  app: 'pa1',
  hand_over: 'ph1',
  invite: 'pi1',
  pending: 'pp1',
  reset: 'pr1',
  email: 'pe1',
  email_stop: 'px1',
  device: 'pd1',
  api: API_TOKEN_PREFIX,
} as const satisfies Record<TokenPurpose, string>
const RANDOM_BYTES = 24
const TAG_BYTES = 16
const KEY_ID_CHARACTERS = 2
const BODY_CHARACTERS = 54
/** Ids of token keys are below it. */
export const KEY_IDS = 36 ** KEY_ID_CHARACTERS
const TOKEN_PATTERN = /^(?:p[a-z]1|pst_)[0-9a-z]{2}[A-Za-z0-9_-]{54}$/

/** A new token: prefix, key id in base 36, base64url of 24 random bytes and a 16-byte HMAC. */
export function mintToken(ring: KeyRing, purpose: TokenPurpose): string {
  const random = randomBytes(RANDOM_BYTES)
  const body = Buffer.concat([random, tag(ring.minting, purpose, random)]).toString('base64url')
  return PREFIXES[purpose] + keyIdText(ring.minting.id) + body
}

/** True when one of our keys made this token for this purpose. Costs no look-up, so forged tokens cost no I/O. */
export function isOurToken(ring: KeyRing, purpose: TokenPurpose, token: string): boolean {
  const prefix = PREFIXES[purpose]
  if (!token.startsWith(prefix) || !TOKEN_PATTERN.test(token)) return false
  const bodyStart = prefix.length + KEY_ID_CHARACTERS
  const key = ring.byId.get(Number.parseInt(token.slice(prefix.length, bodyStart), 36))
  if (key === undefined) return false
  const body = Buffer.from(token.slice(bodyStart), 'base64url')
  // The last character has four spare bits: only the one spelling that we write counts.
  if (body.toString('base64url') !== token.slice(bodyStart)) return false
  return equalSecrets(body.subarray(RANDOM_BYTES), tag(key, purpose, body.subarray(0, RANDOM_BYTES)))
}

/** False for a token of a key that isn't known, or is no longer. Says nothing of whether the rest of it is right. */
export function isOfKnownKey(ring: KeyRing, token: string): boolean {
  const id = keyIdOf(token)
  return id !== null && ring.byId.has(id)
}

/** The read that may bring the key of a token; null where that is known already, or would be by now. */
export function learnKeyOf(ring: KeyRing, token: string): Promise<void> | null {
  const id = keyIdOf(token)
  return id === null || ring.byId.has(id) ? null : (ring.learn?.(id) ?? null)
}

/** What is kept of a token at rest: its SHA-256. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function tag(key: Key, purpose: TokenPurpose, random: Buffer): Buffer {
  return createHmac('sha256', key.hmacKey).update(`${purpose}\0`).update(random).digest().subarray(0, TAG_BYTES)
}

function keyIdOf(token: string): number | null {
  if (!TOKEN_PATTERN.test(token)) return null
  const start = token.length - BODY_CHARACTERS - KEY_ID_CHARACTERS
  return Number.parseInt(token.slice(start, start + KEY_ID_CHARACTERS), 36)
}

/** How a token names its key. */
export function keyIdText(id: number): string {
  if (id >= KEY_IDS) throw new Error(`key id ${id} has no room in a token`)
  return id.toString(36).padStart(KEY_ID_CHARACTERS, '0')
}
