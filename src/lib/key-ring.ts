import { createSecretKey, hkdfSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A purpose key; `id` is its row in `auth.keys` and stands in what was made with it. */
export interface Key {
  readonly id: number
  readonly bytes: Buffer
  /** The same bytes as HMAC takes them at 2 µs instead of 10. */
  readonly hmacKey: KeyObject
}

/** The keys of one purpose: one that makes new things, and those that still recognise old ones. */
export interface KeyRing {
  readonly minting: Key
  readonly byId: ReadonlyMap<number, Key>
}

/** A key from its row and bytes. */
export function createKey(id: number, bytes: Buffer): Key {
  return { id, bytes, hmacKey: createSecretKey(bytes) }
}

/** 32 bytes for one use of a key, so that what is made for one use is never valid in another (HKDF, RFC 5869). */
export function deriveKey(secret: Buffer | string, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `postern ${use}`, 32))
}
