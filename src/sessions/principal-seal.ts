import { createHmac } from 'node:crypto'
import { AEAD_BYTES, decrypt, encrypt } from '../lib/aead.ts'
import { deriveKeys } from '../lib/key-ring.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { readEntry } from './shared-entry.ts'
import type { SharedEntry } from './shared-entry.ts'

/** Turns entries into bytes that nobody without our keys can read, change, or pass off as those of another token. */
export interface PrincipalSeal {
  close(tokenHash: Buffer, entry: SharedEntry): Buffer
  /** Null for whatever `close` of one of the keys didn't make for this token and database. */
  open(tokenHash: Buffer, sealed: Buffer): SharedEntry | null
}

/** Raised whenever what is inside changes: two versions of the program that run at once don't share. */
const VERSION = 3
const HEADER_BYTES = 5
const OVERHEAD_BYTES = HEADER_BYTES + AEAD_BYTES
const USE = 'shared principals'

/**
 * A value is version, key id in 4 bytes, and what `encrypt` makes. Each token has a key of its own, so that the
 * number of nonces ever drawn under one stays far below the 2^32 that NIST SP 800-38D, 8.3, allows.
 */
export function createPrincipalSeal(keys: KeyRing, databaseIdentity: string): PrincipalSeal {
  const derived = deriveKeys(keys, USE)
  const aadOf = (header: Buffer, hash: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`postern ${USE}\0`), header, hash, Buffer.from(databaseIdentity)])
  return {
    close(tokenHash, entry) {
      const header = headerOf(keys.minting.id)
      const text = Buffer.from(JSON.stringify(entry))
      return Buffer.concat([header, encrypt(keyFor(derived.minting, tokenHash), aadOf(header, tokenHash), text)])
    },
    open(tokenHash, sealed) {
      if (sealed.length < OVERHEAD_BYTES || sealed[0] !== VERSION) return null
      const key = derived.find(sealed.readUInt32BE(1))
      if (key === undefined) return null
      const aad = aadOf(sealed.subarray(0, HEADER_BYTES), tokenHash)
      const text = decrypt(keyFor(key, tokenHash), aad, sealed.subarray(HEADER_BYTES))
      return text === null ? null : readEntry(text.toString())
    },
  }
}

function headerOf(keyId: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES, VERSION)
  header.writeUInt32BE(keyId, 1)
  return header
}

function keyFor(key: Buffer, tokenHash: Buffer): Buffer {
  return createHmac('sha256', key).update(tokenHash).digest()
}
