import { scrypt } from 'node:crypto'
import { equalSecrets } from '../lib/secrets.ts'
import { readBase64, readNumber } from './password-scheme.ts'
import type { PasswordScheme } from './password-scheme.ts'

const PATTERN = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]*)\$([^$]*)$/
const MAX_BYTES = 268_435_456

interface Parts {
  readonly N: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly key: Buffer
}

/** Scrypt as Authelia and passlib write it: `$scrypt$ln=16,r=8,p=1$salt$key`. */
export const SCRYPT: PasswordScheme = {
  name: 'scrypt',
  begins: ['$scrypt$'],
  fault: (hash) =>
    partsOf(hash) === null ? 'This is no scrypt hash as $scrypt$ln=16,r=8,p=1$salt$key of at most 256 MiB.' : null,
  async verify(hash, password) {
    const parts = partsOf(hash)
    return parts !== null && equalSecrets(await derive(password, parts), parts.key)
  },
}

function derive(password: Buffer, { N, r, p, salt, key }: Parts): Promise<Buffer> {
  return new Promise((done, fail) => {
    // Room for what it keeps beside its table.
    const maxmem = 2 * MAX_BYTES
    scrypt(password, salt, key.length, { N, r, p, maxmem }, (error, derived) =>
      error === null ? done(derived) : fail(error),
    )
  })
}

function partsOf(hash: string): Parts | null {
  const [, lnText, rText, pText, saltText = '', keyText = ''] = PATTERN.exec(hash) ?? []
  const ln = readNumber(lnText, 1, 24)
  const r = readNumber(rText, 1, 64)
  const p = readNumber(pText, 1, 16)
  const salt = readBase64(saltText)
  const key = readBase64(keyText)
  if (ln === null || r === null || p === null || salt === null || key === null) return null
  if (128 * 2 ** ln * r > MAX_BYTES || key.length < 16 || key.length > 128 || salt.length > 1_024) return null
  return { N: 2 ** ln, r, p, salt, key }
}
