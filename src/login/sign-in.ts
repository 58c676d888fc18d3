import type { StoredPassword } from '../credentials/password.ts'
import { PosternError } from '../errors.ts'
import { findCredentials } from '../users/users.ts'
import { countAttempt } from './count-attempt.ts'
import { goOn } from './go-on.ts'
import { keepUpgraded } from './keep-upgraded.ts'
import type { SignInOutcome, Visit } from './outcome.ts'
import { requireDatabase } from './require-database.ts'
import type { SignInParts } from './sign-in-parts.ts'

type Person = NonNullable<Awaited<ReturnType<typeof findCredentials>>>

export interface PasswordAttempt extends Visit {
  /** Login or e-mail address, as typed. */
  readonly username: string
  readonly password: string
  /** Whether to stay signed in on this device; where that isn't offered it changes nothing. */
  readonly remember: boolean
}

/**
 * Checks a password: the first step of page and API. Costs one check whoever is named, and never tells unknown, wrong
 * and disabled apart.
 * @throws PosternError `too_many_attempts` when too many passwords are being checked
 */
export async function signIn(parts: SignInParts, attempt: PasswordAttempt): Promise<SignInOutcome> {
  await requireDatabase(parts)
  if (parts.passwords.isFull) {
    parts.metrics.attempt('throttled', 'password')
    throw new PosternError('too_many_attempts', 'the line is full')
  }
  const person = await findCredentials(parts.database, attempt.username)
  const who = { name: attempt.username, userId: person?.id ?? null, login: person?.login ?? null }
  const proof = await countAttempt(
    parts,
    { ...who, event: 'sign_in', factor: 'password', visit: attempt },
    async () => {
      const fit = await parts.passwords.verify(storedPassword(person), attempt.password)
      if (fit === null || person === null || person.disabled) return null
      if (fit.upgrade !== null) void keepUpgraded(parts, person, fit.upgrade)
      return person
    },
  )
  if (proof.kind === 'stopped') return proof
  if (proof.kind !== 'proven') return { kind: 'refused' }
  const { id: userId, session_epoch: sessionEpoch } = proof.value
  const { remember, ...visit } = attempt
  return goOn(parts, { userId, sessionEpoch, factors: { password: Date.now() }, remember, visit, seen: proof.seen })
}

function storedPassword(person: Person | null): StoredPassword | null {
  if (person === null || person.password_hash === null) return null
  return { hash: person.password_hash, pepperKeyId: person.pepper_key_id }
}
