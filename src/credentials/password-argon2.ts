import { argon2id, hash, verify } from 'argon2'
import { readBase64, readNumber } from './password-scheme.ts'
import type { PasswordScheme } from './password-scheme.ts'

/** 19 MiB and two passes: OWASP's first choice for argon2id, 21 ms here. */
const COST = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const PATTERN = /^\$argon2(id|i|d)\$v=(?:16|19)\$([^$]+)\$([^$]+)\$([^$]+)$/
/** A foreign hash that asks for more would let whoever guesses at it hold up everybody else. */
const MOST = { m: 1_048_576, t: 64, p: 16 } as const

/** A new hash, with our parameters and the pepper. */
export function hashArgon2id(password: string, pepper: Buffer): Promise<string> {
  return hash(password, { ...COST, secret: pepper })
}

/** Whether the password fits one of our hashes. */
export function verifyArgon2id(stored: string, password: string, pepper: Buffer): Promise<boolean> {
  return verify(stored, password, { secret: pepper })
}

/** Whether a hash was made with the parameters that new ones are made with. */
export function hasOurCost(stored: string): boolean {
  const costs = PATTERN.exec(stored)?.[1] === 'id' && stored.includes('$v=19$') ? costsOf(stored) : null
  return costs !== null && costs.m === COST.memoryCost && costs.t === COST.timeCost && costs.p === COST.parallelism
}

/** What deriving a key costs whoever guesses at it. */
export interface Argon2Cost {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}

/** 32 bytes of a passphrase, by argon2id (RFC 9106). */
export function deriveArgon2id(
  passphrase: string,
  salt: Buffer,
  { memoryKib, passes, lanes }: Argon2Cost,
): Promise<Buffer> {
  const cost = { memoryCost: memoryKib, timeCost: passes, parallelism: lanes }
  return hash(passphrase, { ...cost, type: argon2id, salt, hashLength: 32, raw: true })
}

/** Argon2 of other programs: any variant and parameters, without a pepper. */
export const FOREIGN_ARGON2: PasswordScheme = {
  name: 'argon2',
  begins: ['$argon2id$', '$argon2i$', '$argon2d$'],
  fault(hashed) {
    const [, , , salt = '', key = ''] = PATTERN.exec(hashed) ?? []
    const sizes = [readBase64(salt)?.length ?? 0, readBase64(key)?.length ?? 0] as const
    if (sizes[0] < 8 || sizes[0] > 64 || sizes[1] < 16 || sizes[1] > 128)
      return 'This is no argon2 hash as $argon2id$v=19$m=65536,t=3,p=4$salt$key.'
    if (costsOf(hashed) !== null) return null
    return `Its argon2 parameters are not between m=8,t=1,p=1 and m=${MOST.m},t=${MOST.t},p=${MOST.p}.`
  },
  verify: (hashed, password) => verify(hashed, password),
}

function costsOf(hashed: string): { m: number; t: number; p: number } | null {
  const given = new Map(
    (PATTERN.exec(hashed)?.[2] ?? '').split(',').map((pair) => pair.split('=', 2) as [string, string]),
  )
  const m = readNumber(given.get('m'), 8, MOST.m)
  const t = readNumber(given.get('t'), 1, MOST.t)
  const p = readNumber(given.get('p'), 1, MOST.p)
  return given.size !== 3 || m === null || t === null || p === null || m < 8 * p ? null : { m, t, p }
}
