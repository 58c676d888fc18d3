import { randomBytes } from 'node:crypto'
import { decrypt, encrypt } from '../lib/aead.ts'
import { deriveKey } from '../lib/key-ring.ts'

/** What `POSTERN_SECRET_KEY` does: keeps purpose keys from whoever has the database alone. */
export interface KeyWrapping {
  /** 32 random bytes for a purpose, under the first secret. */
  make(purpose: string): Buffer
  wrap(purpose: string, key: Buffer): Buffer
  /** The key with the number of the secret that opened it, from 0 on; null where none does. */
  open(purpose: string, wrapped: Buffer): { readonly key: Buffer; readonly secret: number } | null
}

const KEY_BYTES = 32

/** @param secrets one, or two: the first wraps, each may open */
export function createKeyWrapping(secrets: readonly string[]): KeyWrapping {
  const wrappers = secrets.map((secret) => deriveKey(secret, 'key wrapping'))
  const [first] = wrappers
  if (first === undefined) throw new Error('no secret to wrap keys with')
  const wrap = (purpose: string, key: Buffer): Buffer => encrypt(first, Buffer.from(purpose), key)
  return {
    make: (purpose) => wrap(purpose, randomBytes(KEY_BYTES)),
    wrap,
    open(purpose, wrapped) {
      for (const [secret, wrapper] of wrappers.entries()) {
        const key = decrypt(wrapper, Buffer.from(purpose), wrapped)
        if (key !== null) return { key, secret }
      }
      return null
    },
  }
}
