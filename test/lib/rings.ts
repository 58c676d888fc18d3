import { randomBytes } from 'node:crypto'
import { createKey } from '../../src/lib/key-ring.ts'
import type { Key, KeyRing } from '../../src/lib/key-ring.ts'

/** A key of 32 random bytes. */
export function key(id: number): Key {
  return createKey(id, randomBytes(32))
}

/** A ring whose first key mints. */
export function ringOf(minting: Key, ...others: readonly Key[]): KeyRing {
  return { minting, byId: new Map([minting, ...others].map((each) => [each.id, each])) }
}
