import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** By how much `encrypt` makes a text longer. */
export const AEAD_BYTES = NONCE_BYTES + TAG_BYTES

/**
 * Nonce, AES-256-GCM text and tag. Nonces are random, so one key is for fewer than 2^32 texts (NIST SP 800-38D, 8.3).
 * @param key 32 bytes
 * @param aad what must be the same when it is opened, and isn't kept inside
 */
export function encrypt(key: Buffer, aad: Uint8Array, text: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad)
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}

/** Null for whatever `encrypt` didn't make with this key and these `aad`, texts that are too short among them. */
export function decrypt(key: Buffer, aad: Uint8Array, sealed: Buffer): Buffer | null {
  if (sealed.length < AEAD_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}
