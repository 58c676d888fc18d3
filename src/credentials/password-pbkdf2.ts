import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { equalSecrets } from '../lib/secrets.ts'
import { readBase64, readNumber } from './password-scheme.ts'
import type { PasswordScheme } from './password-scheme.ts'

const PATTERN = /^\$pbkdf2(?:-(sha1|sha224|sha256|sha384|sha512))?\$([^$]*)\$([^$]*)\$([^$]*)$/
/** 2.8 s a check with SHA-512. */
const MAX_ROUNDS = 5_000_000
const derive = promisify(pbkdf2)

interface Parts {
  readonly digest: string
  readonly rounds: number
  readonly salt: Buffer
  readonly key: Buffer
}

/** PBKDF2 as Authelia and passlib write it: `$pbkdf2-sha512$rounds$salt$key`. */
export const PBKDF2: PasswordScheme = {
  name: 'PBKDF2',
  begins: ['$pbkdf2$', '$pbkdf2-'],
  fault: (hash) =>
    partsOf(hash) === null
      ? `This is no PBKDF2 hash as $pbkdf2-sha512$310000$salt$key with 1 to ${MAX_ROUNDS} rounds.`
      : null,
  async verify(hash, password) {
    const parts = partsOf(hash)
    if (parts === null) return false
    const { digest, rounds, salt, key } = parts
    return equalSecrets(await derive(password, salt, rounds, key.length, digest), key)
  },
}

function partsOf(hash: string): Parts | null {
  const [all, digest = 'sha1', roundsText, saltText = '', keyText = ''] = PATTERN.exec(hash) ?? []
  const rounds = readNumber(roundsText, 1, MAX_ROUNDS)
  const salt = readBase64(saltText)
  const key = readBase64(keyText)
  if (all === undefined || rounds === null || salt === null || key === null) return null
  return key.length < 16 || key.length > 128 || salt.length > 1_024 ? null : { digest, rounds, salt, key }
}
