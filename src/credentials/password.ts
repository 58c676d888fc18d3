import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { KeyRing } from '../lib/key-ring.ts'
import { createLimiter } from '../lib/limiter.ts'
import { hashWhenOthersRest } from './hashing-threads.ts'
import { hashArgon2id, hasOurCost, verifyArgon2id } from './password-argon2.ts'
import { foreignPasswords } from './password-schemes.ts'

/** A password at rest. With a key of the pepper ring it is argon2id of ours; without, as another program hashed it. */
export interface StoredPassword {
  readonly hash: string
  readonly pepperKeyId: number | null
}

/** That a password fits. */
export interface PasswordFit {
  /**
   * Hashes it as new ones are; null unless it is kept in another way, such as one imported or with an older pepper. To
   * be called once the visitor has his answer.
   * @throws PosternError `too_many_attempts` when too many wait already
   */
  readonly upgrade: (() => Promise<StoredPassword>) | null
}

/** Hashes and checks passwords, a bounded number at a time. */
export interface Passwords {
  /** True when one more check would be refused, so that nothing need be looked up for it. */
  readonly isFull: boolean
  /** How many are hashed or checked at this moment, and how many wait for it. */
  readonly queue: { readonly running: number; readonly waiting: number }
  /** @throws PosternError `too_many_attempts` when too many wait already */
  hash(password: string): Promise<StoredPassword>
  /**
   * Null when the password doesn't fit. `stored` is null for somebody who has none, which takes just as long as argon2id
   * of ours; what was imported takes as long as its own scheme until its owner has signed in once.
   * @throws PosternError `too_many_attempts` when too many wait already
   */
  verify(stored: StoredPassword | null, password: string): Promise<PasswordFit | null>
  /** What is wrong with a hash of another program, as a sentence that never repeats it, or null. */
  foreignFault(hash: string): string | null
}

/** At most two leave threads of the pool to files and DNS, one processor less than there are leaves one to verify. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1))
/** They wait 0.7 s at the most behind two at once, twice as long behind one. */
const MAX_WAITING = 64
/** Whoever comes after as many is told to try again. */
export const MAX_CHECKS = AT_ONCE + MAX_WAITING

/**
 * Opens the hashing of passwords; hashes once itself, to have something that unknown people are compared with.
 * @param importPepper what other programs mixed into the passwords that were imported, or null
 * @param onHashed told of each once it is done, without the time in line
 */
export async function openPasswords(
  peppers: KeyRing,
  importPepper: string | null = null,
  onHashed: (seconds: number) => void = () => undefined,
): Promise<Passwords> {
  const limiter = createLimiter({ atOnce: AT_ONCE, maxWaiting: MAX_WAITING })
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => limiter.run(() => timed(work, onHashed))
  const foreign = foreignPasswords(importPepper)
  const hashWithNewest = async (password: string): Promise<StoredPassword> => {
    const { id, bytes } = peppers.minting
    return { hash: await hashArgon2id(normalise(password), bytes), pepperKeyId: id }
  }
  const nobodysPepper = peppers.minting.bytes
  const nobodys = await hashWithNewest(randomBytes(32).toString('base64'))
  hashWhenOthersRest()
  const hash = (password: string): Promise<StoredPassword> => inTurn(() => hashWithNewest(password))
  return {
    get isFull() {
      return limiter.isFull
    },
    get queue() {
      return { running: limiter.running, waiting: limiter.waiting }
    },
    hash,
    verify: (stored, password) =>
      inTurn(async () => {
        const known = stored ?? nobodys
        const matches = await (known.pepperKeyId === null
          ? foreign.verify(known.hash, password)
          : verifyArgon2id(
              known.hash,
              normalise(password),
              stored === null ? nobodysPepper : await pepperOf(peppers, known.pepperKeyId),
            ))
        if (!matches || stored === null) return null
        return { upgrade: isOutdated(known, peppers) ? () => hash(password) : null }
      }),
    foreignFault: (hashed) => foreign.fault(hashed),
  }
}

async function timed<T>(work: () => Promise<T>, onDone: (seconds: number) => void): Promise<T> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    onDone((performance.now() - startedAt) / 1_000)
  }
}

async function pepperOf(peppers: KeyRing, id: number): Promise<Buffer> {
  if (!peppers.byId.has(id)) await peppers.learn?.(id)
  const pepper = peppers.byId.get(id)
  if (pepper === undefined) throw new Error(`pepper key ${id} is missing`)
  return pepper.bytes
}

function isOutdated({ hash, pepperKeyId }: StoredPassword, peppers: KeyRing): boolean {
  return pepperKeyId !== peppers.minting.id || !hasOurCost(hash)
}

/** The same text typed on different keyboards gives the same password (NIST SP 800-63B-4, 3.1.1.2). */
function normalise(password: string): string {
  return password.normalize('NFC')
}
