import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { argon2id, hash, verify } from 'argon2'
import type { KeyRing } from '../lib/key-ring.ts'
import { createLimiter } from '../lib/limiter.ts'
import { hashWhenOthersRest } from './hashing-threads.ts'

/** A password at rest: PHC string of argon2id, and which key of the pepper ring went into it. */
export interface StoredPassword {
  readonly hash: string
  readonly pepperKeyId: number
}

/** Hashes and checks passwords, a bounded number at a time. */
export interface Passwords {
  /** True when one more check would be refused, so that nothing need be looked up for it. */
  readonly isFull: boolean
  /** @throws PosternError `too_many_attempts` when too many wait already */
  hash(password: string): Promise<StoredPassword>
  /**
   * Whether the password fits. Null stands for somebody who has none, and takes just as long.
   * @throws PosternError `too_many_attempts` when too many wait already
   */
  verify(stored: StoredPassword | null, password: string): Promise<boolean>
}

/** 19 MiB and two passes: OWASP's first choice for argon2id, 21 ms here. */
const COST = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** At most two leave threads of the pool to files and DNS, one processor less than there are leaves one to verify. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1))
/** They wait 0.7 s at the most behind two at once, twice as long behind one. */
const MAX_WAITING = 64
/** Whoever comes after as many is told to try again. */
export const MAX_CHECKS = AT_ONCE + MAX_WAITING
export const MAX_PASSWORD_CODE_POINTS = 1_024

/** Opens the hashing of passwords; hashes once itself, to have something that unknown people are compared with. */
export async function openPasswords(peppers: KeyRing): Promise<Passwords> {
  const limiter = createLimiter({ atOnce: AT_ONCE, maxWaiting: MAX_WAITING })
  const hashWithNewest = async (password: string): Promise<StoredPassword> => ({
    hash: await hash(normalise(password), { ...COST, secret: peppers.minting.bytes }),
    pepperKeyId: peppers.minting.id,
  })
  const nobodys = await hashWithNewest(randomBytes(32).toString('base64'))
  hashWhenOthersRest()
  return {
    get isFull() {
      return limiter.isFull
    },
    hash: (password) => limiter.run(() => hashWithNewest(password)),
    verify: (stored, password) =>
      limiter.run(async () => {
        const pepper = peppers.byId.get((stored ?? nobodys).pepperKeyId)
        if (pepper === undefined) throw new Error(`pepper key ${stored?.pepperKeyId} is missing`)
        const fits = await verify((stored ?? nobodys).hash, normalise(password), { secret: pepper.bytes })
        return fits && stored !== null
      }),
  }
}

/**
 * What is wrong with a new password, as a sentence, or null.
 * @param minLength in code points, as people count characters
 */
export function passwordFault(password: string, minLength: number): string | null {
  const length = Array.from(normalise(password)).length
  if (length < minLength) return `Use at least ${minLength} characters.`
  if (length > MAX_PASSWORD_CODE_POINTS) return `Use at most ${MAX_PASSWORD_CODE_POINTS} characters.`
  return null
}

/** The same text typed on different keyboards gives the same password (NIST SP 800-63B-4, 3.1.1.2). */
function normalise(password: string): string {
  return password.normalize('NFC')
}
