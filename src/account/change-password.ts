import { setTimeout as delay } from 'node:timers/promises'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import { recordEvent } from '../audit/events.ts'
import type { NewPasswords } from '../credentials/new-passwords.ts'
import type { Passwords, StoredPassword } from '../credentials/password.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import type { Attempts } from '../limits/attempts.ts'
import { notify } from '../mail/outbox.ts'
import { dropAppTokens } from '../sessions/drop-app-tokens.ts'
import { keepSignIn } from '../sessions/keep-sign-in.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'
import { findCredentials, listPasswords, setPassword } from '../users/users.ts'
import type { NewSession } from '../web/pages.ts'

export interface ChangePasswordParts {
  readonly database: Database
  readonly feed: Pick<ChangeFeed, 'commit'>
  readonly sessions: Pick<Sessions, 'endAllIn' | 'raise'>
  readonly passwords: Passwords
  readonly newPasswords: NewPasswords
  readonly attempts: Pick<Attempts, 'reserve'>
  readonly events: Pick<BoundedEvents, 'note'>
}

/** Who changes his own password, from where. */
export interface PasswordChanger {
  readonly principal: Principal
  readonly address: string
  readonly userAgent: string
  readonly deviceHash: Buffer | null
}

/** What came of it. The sign-in that asked goes on under a new token, all others end. */
export type PasswordChange =
  | { readonly kind: 'changed'; readonly session: NewSession }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'stopped'; readonly retryAfterS: number }
  | { readonly kind: 'refused'; readonly fault: string }

/**
 * Changes a password by the current one, whose check is counted like that of a sign-in; what is wrong with the new one
 * is told only to whoever knows the current one.
 * @throws PosternError `too_many_attempts` when too many passwords are being checked
 */
export async function changePassword(
  parts: ChangePasswordParts,
  changer: PasswordChanger,
  given: { readonly current: string; readonly chosen: string },
): Promise<PasswordChange> {
  const { database, newPasswords } = parts
  const { login, userId } = changer.principal
  const person = await findCredentials(database, login)
  if (person === null || person.id !== userId) throw new PosternError('not_signed_in')
  const stored =
    person.password_hash === null ? null : { hash: person.password_hash, pepperKeyId: person.pepper_key_id }
  const proof = await proveCurrent(parts, changer, stored, given.current)
  if (proof !== null) return proof
  const before = await listPasswords(database, userId, newPasswords.rules.history)
  const owner = { login, email: changer.principal.email }
  const fault = await newPasswords.fault(given.chosen, owner, before)
  if (fault !== null) return { kind: 'refused', fault }
  const hashed = await parts.passwords.hash(given.chosen)
  return { kind: 'changed', session: await keep(parts, changer, { sessionEpoch: person.session_epoch, hashed }) }
}

/** Null where the current password is right. */
async function proveCurrent(
  { attempts, passwords, events }: ChangePasswordParts,
  { principal: { login, userId, signInId }, address, userAgent, deviceHash }: PasswordChanger,
  stored: StoredPassword | null,
  current: string,
): Promise<PasswordChange | null> {
  const reservation = await attempts.reserve({ name: login, userId, address, deviceHash, factor: 'password' })
  const about = { actor: { userId, login }, signInId, resource: `user:${login}`, address, userAgent }
  if (reservation.kind === 'stopped') {
    await events.note({ type: 'sign_in_throttled', result: 'failure', ...about, details: { factor: 'password' } })
    return { kind: 'stopped', retryAfterS: reservation.retryAfterS }
  }
  if (reservation.delayMs > 0) await delay(reservation.delayMs)
  try {
    if ((await passwords.verify(stored, current)) !== null) {
      await reservation.succeeded()
      return null
    }
  } catch (error) {
    await reservation.notChecked()
    throw error
  }
  await events.note({ type: 'password_changed', result: 'failure', ...about })
  return { kind: 'wrong' }
}

/** @throws PosternError `not_signed_in` when something else ended the sign-in meanwhile; then nothing is changed */
async function keep(
  { database, feed, sessions }: ChangePasswordParts,
  { principal, address, userAgent }: PasswordChanger,
  { sessionEpoch, hashed }: { readonly sessionEpoch: number; readonly hashed: StoredPassword },
): Promise<NewSession> {
  const { login, userId, signInId } = principal
  return feed.commit(database, async (tx) => {
    await setPassword(tx, login, hashed)
    const person = await findCredentials(tx, login)
    if (person?.session_epoch !== sessionEpoch + 1) throw new PosternError('not_signed_in')
    await keepSignIn(tx, signInId, person.session_epoch)
    const ended = await sessions.endAllIn(tx, login, 'revoked', signInId)
    const session = await sessions.raise(tx, { signInId, factors: { ...principal.factors, password: Date.now() } })
    if (session === null) throw new PosternError('not_signed_in')
    await dropAppTokens(tx, signInId)
    const about = { actor: { userId, login }, signInId, resource: `user:${login}`, address, userAgent }
    await recordEvent(tx, { type: 'password_changed', result: 'success', ...about, details: { ended } })
    await notify(tx, userId, 'password_changed', { address, userAgent })
    return session
  })
}
