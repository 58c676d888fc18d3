import type { Passwords, StoredPassword } from '../credentials/password.ts'
import { PosternError } from '../errors.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { Principal } from '../lib/principal.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Outage } from '../sessions/outage.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Database } from '../store/database.ts'
import { PING } from '../store/ping-table.ts'
import { findCredentials } from '../users/users.ts'
import type { NewSession } from '../web/pages.ts'

/** How long a database that was out of reach is waited for. */
const BACK_WITHIN_MS = 1_000

type Person = NonNullable<Awaited<ReturnType<typeof findCredentials>>>

export interface SignInParts {
  readonly database: Database
  readonly passwords: Passwords
  readonly sessions: Sessions
  readonly outage: Pick<Outage, 'unreachable'>
  readonly metrics: Pick<Metrics, 'attempt'>
  readonly log: Pick<Log, 'info'>
}

export interface Attempt {
  /** Login or e-mail address, as typed. */
  readonly username: string
  readonly password: string
  readonly address: string | null
  readonly userAgent: string
  /** Whether to stay signed in on this device; where that isn't offered it changes nothing. */
  readonly remember: boolean
  /** Whoever this browser is signed in as already: that sign-in ends when the new one begins. */
  readonly previous: Principal | null
}

/**
 * Checks a password and starts a sign-in: the one path of page and API. Costs one argon2id verification whoever is
 * named, and never tells unknown, wrong and disabled apart.
 * @returns what the browser is to keep, or null when the attempt failed
 * @throws PosternError `too_many_attempts` when too many passwords are being checked
 */
export async function signIn(parts: SignInParts, attempt: Attempt): Promise<NewSession | null> {
  try {
    if (parts.outage.unreachable) await requireDatabase(parts.database)
    if (parts.passwords.isFull) throw new PosternError('too_many_attempts', 'the line is full')
    const person = await findCredentials(parts.database, attempt.username)
    const session = await attemptSignIn(parts, attempt, person)
    parts.metrics.attempt(session === null ? 'failure' : 'success', 'password')
    // Nothing of what was typed: people type passwords into the wrong field.
    const facts = { userId: person?.id, clientAddress: attempt.address }
    parts.log.info(facts, session === null ? 'sign-in failed' : 'sign-in succeeded')
    return session
  } catch (error) {
    if (error instanceof PosternError && error.code === 'too_many_attempts')
      parts.metrics.attempt('throttled', 'password')
    throw error
  }
}

/** Nobody new gets in during an outage, and nobody need wait for long to be told so. */
async function requireDatabase(database: Database): Promise<void> {
  await withDeadline(database.query(PING), BACK_WITHIN_MS).catch((error: unknown) => {
    throw new PosternError('store_unavailable', 'the database is out of reach', { cause: error })
  })
}

async function attemptSignIn(
  { database, passwords, sessions }: SignInParts,
  attempt: Attempt,
  person: Person | null,
): Promise<NewSession | null> {
  const proven = await passwords.verify(storedPassword(person), attempt.password)
  if (!proven || person === null || person.disabled) return null
  const { id: userId, session_epoch: sessionEpoch } = person
  const factors = { password: Date.now() }
  const { address, userAgent, remember, previous } = attempt
  const session = await database.transaction((tx) =>
    sessions.start(tx, { userId, sessionEpoch, factors, address, userAgent, remember }),
  )
  if (session === null) return null
  if (previous !== null) await sessions.end(previous.signInId, 'signed_in_again')
  return session
}

function storedPassword(person: Person | null): StoredPassword | null {
  if (person === null || person.password_hash === null || person.pepper_key_id === null) return null
  return { hash: person.password_hash, pepperKeyId: person.pepper_key_id }
}
