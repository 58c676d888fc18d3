import { FOREIGN_ARGON2 } from './password-argon2.ts'
import { BCRYPT } from './password-bcrypt.ts'
import { PBKDF2 } from './password-pbkdf2.ts'
import { pepperedBcrypt } from './password-peppered.ts'
import type { PasswordScheme } from './password-scheme.ts'
import { SCRYPT } from './password-scrypt.ts'
import { SHA512_CRYPT } from './password-sha512-crypt.ts'

/** Hashes of other programs: what they must look like, and whether a password fits. */
export interface ForeignPasswords {
  /** What is wrong with a hash, as a sentence that never repeats it, or null for one that can be imported. */
  fault(hash: string): string | null
  /** @throws Error for a hash of no scheme: nothing but what has no fault is ever stored */
  verify(hash: string, password: string): Promise<boolean>
}

/** Longer than any of these schemes writes. */
const MAX_HASH_CHARACTERS = 2_000

/** @param importPepper what other programs mixed into passwords before bcrypt, or null */
export function foreignPasswords(importPepper: string | null): ForeignPasswords {
  const schemes = [BCRYPT, FOREIGN_ARGON2, SHA512_CRYPT, PBKDF2, SCRYPT, pepperedBcrypt(importPepper)]
  const schemeOf = (hash: string): PasswordScheme | undefined =>
    schemes.find(({ begins }) => begins.some((start) => hash.startsWith(start)))
  return {
    fault(hash) {
      if (hash.length > MAX_HASH_CHARACTERS) return `A hash has at most ${MAX_HASH_CHARACTERS} characters.`
      const scheme = schemeOf(hash)
      return scheme === undefined ? unknownScheme(hash) : scheme.fault(hash)
    },
    async verify(hash, password) {
      const scheme = schemeOf(hash)
      if (scheme === undefined) throw new Error('a stored password is of no known scheme')
      for (const bytes of readings(password)) if (await scheme.verify(hash, bytes)) return true
      return false
    },
  }
}

/** As it was typed, and composed: other programs hashed what came. */
function readings(password: string): Buffer[] {
  return [...new Set([password, password.normalize('NFC')])].map((text) => Buffer.from(text))
}

function unknownScheme(hash: string): string {
  const known = 'Postern takes bcrypt, argon2, sha512-crypt, PBKDF2 and scrypt'
  if (hash.startsWith('$apr1$') || hash.startsWith('{SHA}') || /^[./A-Za-z0-9]{13}$/.test(hash))
    return `Its hash is one of htpasswd's old ones, which are guessed fast. ${known}; htpasswd -B makes bcrypt.`
  return `Its hash is of no scheme that is known here. ${known}.`
}
