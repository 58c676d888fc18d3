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
  /**
   * Reads the keys anew for one that is missing. Null where they were read just now, so that made-up ids cost no I/O;
   * rejects where it may be a key that can't be had at present. Left out of rings that never change.
   */
  learn?(id: number): Promise<void> | null
}

/** What one use makes of the keys of a ring; it follows the ring. */
export interface DerivedKeys {
  readonly minting: Buffer
  /** The one that mints first. */
  readonly all: readonly Buffer[]
  find(id: number): Buffer | undefined
}

/** A key from its row and bytes. */
export function createKey(id: number, bytes: Buffer): Key {
  return { id, bytes, hmacKey: createSecretKey(bytes) }
}

/** 32 bytes for one use of a key, so that what is made for one use is never valid in another (HKDF, RFC 5869). */
export function deriveKey(secret: Buffer | string, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `postern ${use}`, 32))
}

/** The same for each key of a ring, derived once for each. */
export function deriveKeys(ring: Pick<KeyRing, 'minting' | 'byId'>, use: string): DerivedKeys {
  const derived = new WeakMap<Key, Buffer>()
  const of = (key: Key): Buffer => {
    const known = derived.get(key) ?? deriveKey(key.bytes, use)
    derived.set(key, known)
    return known
  }
  return {
    get minting() {
      return of(ring.minting)
    },
    get all() {
      return [of(ring.minting), ...[...ring.byId.values()].filter((key) => key !== ring.minting).map(of)]
    },
    find(id) {
      const key = ring.byId.get(id)
      return key === undefined ? undefined : of(key)
    },
  }
}
