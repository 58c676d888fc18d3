import { createHmac } from 'node:crypto'
import { compareBcrypt, BCRYPT, MAX_BCRYPT_BYTES } from './password-bcrypt.ts'
import type { PasswordScheme } from './password-scheme.ts'

/** How other programs mix a pepper into a password before bcrypt, and the bytes that come of it. */
const MIXES = {
  suffix: (password: Buffer, pepper: Buffer) => Buffer.concat([password, pepper]),
  prefix: (password: Buffer, pepper: Buffer) => Buffer.concat([pepper, password]),
  'hmac-sha256-hex': hmac('sha256', 'hex'),
  'hmac-sha256-base64': hmac('sha256', 'base64'),
  'hmac-sha512-hex': hmac('sha512', 'hex'),
  'hmac-sha512-base64': hmac('sha512', 'base64'),
} as const
export type PepperMix = keyof typeof MIXES
export const PEPPER_MIXES = Object.keys(MIXES) as readonly PepperMix[]

const PATTERN = /^\$peppered\$([a-z0-9-]+)\$([A-Za-z0-9_-]*)(\$2[aby]\$.*)$/

interface Parts {
  readonly mix: PepperMix
  /** Empty for the one of the setting. */
  readonly pepper: Buffer
  readonly hash: string
}

/**
 * A bcrypt hash as it is stored here when a pepper went into it.
 * @param pepper of this one person, or null for POSTERN_IMPORT_PEPPER, which then never gets into the database
 */
export function writePeppered(hash: string, mix: PepperMix, pepper: string | null): string {
  return `$peppered$${mix}$${Buffer.from(pepper ?? '').toString('base64url')}${hash}`
}

/**
 * Bcrypt over a password with a pepper. As with bcrypt alone, a password of which a byte would have been cut off never
 * fits; of the pepper the other program may have cut off what it liked.
 * @param importPepper for hashes that don't bring their own; without it these fit nothing
 */
export function pepperedBcrypt(importPepper: string | null): PasswordScheme {
  return {
    name: 'bcrypt with a pepper',
    begins: ['$peppered$'],
    fault(stored) {
      const parts = partsOf(stored)
      if (parts === null) return `A pepper is mixed in as one of ${PEPPER_MIXES.join(', ')}.`
      if (parts.pepper.length === 0 && importPepper === null)
        return 'Set POSTERN_IMPORT_PEPPER to the pepper that went into these hashes.'
      return BCRYPT.fault(parts.hash)
    },
    async verify(stored, password) {
      const parts = partsOf(stored)
      if (parts === null) return false
      const { mix, hash } = parts
      const pepper = parts.pepper.length > 0 ? parts.pepper : Buffer.from(importPepper ?? '')
      const fits = await compareBcrypt(hash, MIXES[mix](password, pepper))
      const read = password.length + (mix === 'prefix' ? pepper.length : 0)
      const isWhole = mix.startsWith('hmac') || (read <= MAX_BCRYPT_BYTES && !password.includes(0))
      return fits && isWhole && pepper.length > 0
    },
  }
}

function hmac(algorithm: string, encoding: 'hex' | 'base64') {
  return (password: Buffer, pepper: Buffer) =>
    Buffer.from(createHmac(algorithm, pepper).update(password).digest(encoding))
}

function partsOf(stored: string): Parts | null {
  const [, mix = '', pepper = '', hash = ''] = PATTERN.exec(stored) ?? []
  return isMix(mix) ? { mix, pepper: Buffer.from(pepper, 'base64url'), hash } : null
}

function isMix(text: string): text is PepperMix {
  return Object.hasOwn(MIXES, text)
}
