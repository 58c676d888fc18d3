import type { PasswordScheme } from './password-scheme.ts'

/** What bcrypt takes in; it drops the rest without a word. */
export const MAX_BCRYPT_BYTES = 72

const PATTERN = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
/** 1.6 s a check; each step more doubles it. */
const MAX_COST = 15

/**
 * Bcrypt of other programs. A password that is longer than bcrypt takes in, or holds the NUL at which some of them
 * stopped, never fits: what was cut off then can't be checked, and the first sign-in makes what is typed the password.
 */
export const BCRYPT: PasswordScheme = {
  name: 'bcrypt',
  begins: ['$2a$', '$2b$', '$2y$'],
  fault(hash) {
    const cost = Number(PATTERN.exec(hash)?.[1] ?? '0')
    if (cost === 0) return 'This is no bcrypt hash as $2b$12$ and 53 more characters.'
    return cost >= 4 && cost <= MAX_COST ? null : `Its bcrypt cost is not between 04 and ${MAX_COST}.`
  },
  async verify(hash, password) {
    const fits = await compareBcrypt(hash, password)
    return fits && password.length <= MAX_BCRYPT_BYTES && !password.includes(0)
  },
}

/** Whether the first 72 bytes fit. The versions differ only in how buggy programs once made them. */
export async function compareBcrypt(hash: string, bytes: Buffer): Promise<boolean> {
  const { default: bcrypt } = await import('bcrypt')
  return bcrypt.compare(bytes, hash.replace(/^\$2y\$/, '$2b$'))
}
