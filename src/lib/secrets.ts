import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Whether two secrets are the same, in a time that tells nothing of where they differ. Texts are hashed first, so that
 * not even their lengths show; bytes are for tags whose length everybody knows, and differ when their lengths do.
 */
export function equalSecrets(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' || typeof b === 'string') return timingSafeEqual(sha256(a), sha256(b))
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

function sha256(secret: string | Uint8Array): Buffer {
  return hash('sha256', secret, 'buffer')
}
