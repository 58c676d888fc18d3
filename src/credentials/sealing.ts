import { AEAD_BYTES, decrypt, encrypt } from '../lib/aead.ts'
import type { KeyRing } from '../lib/key-ring.ts'

/** Where a sealed value belongs; in any other place it doesn't open. */
export interface SealedPlace {
  readonly purpose: 'totp secret' | 'webauthn public key' | 'reply'
  /** Id of the row that it stands in. */
  readonly rowId: string
  readonly userId: string
}

/** Keeps what stands in a table from whoever reads the table, and from being moved to another row. */
export interface Sealing {
  seal(place: SealedPlace, bytes: Uint8Array): Buffer
  /** Null for what wasn't sealed for this place by one of our keys. */
  open(place: SealedPlace, sealed: Buffer): Buffer | null
}

const VERSION = 1
const HEADER_BYTES = 5
const OVERHEAD_BYTES = HEADER_BYTES + AEAD_BYTES

/** A value is version, key id in 4 bytes, and what `encrypt` makes. */
export function createSealing(keys: KeyRing): Sealing {
  return {
    seal(place, bytes) {
      const header = Buffer.alloc(HEADER_BYTES, VERSION)
      header.writeUInt32BE(keys.minting.id, 1)
      return Buffer.concat([header, encrypt(keys.minting.bytes, aadOf(header, place), bytes)])
    },
    open(place, sealed) {
      if (sealed.length < OVERHEAD_BYTES || sealed[0] !== VERSION) return null
      const key = keys.byId.get(sealed.readUInt32BE(1))
      if (key === undefined) return null
      return decrypt(key.bytes, aadOf(sealed.subarray(0, HEADER_BYTES), place), sealed.subarray(HEADER_BYTES))
    },
  }
}

/** No part can hold the separator: two are UUIDs and one is of our own list. */
function aadOf(header: Buffer, { purpose, rowId, userId }: SealedPlace): Buffer {
  return Buffer.concat([header, Buffer.from(`${purpose}|${rowId}|${userId}`)])
}
