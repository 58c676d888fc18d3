import { recordEvent } from '../audit/events.ts'
import type { AuditEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { QUEUE_RESET } from '../mail/outbox-table.ts'
import { findStanding } from '../users/demands.ts'
import { canonical, profileFaults } from '../users/profile.ts'
import { getUser, setPassword } from '../users/users.ts'
import { linkTo } from './mail-links.ts'
import type { Client, RecoveryParts, RecoveryTools } from './parts.ts'
import { VERIFY_EMAIL } from './user-links-table.ts'
import { consumeLink, mintLink } from './user-links.ts'

const DAY_MS = 86_400_000
/** Nothing else is stored; looked at before letters are made small, which would turn a few others into ASCII. */
const PRINTABLE = /^[\x20-\x7e]*$/

/** What can be a login or an address, as it would be stored, or null. */
export function readLoginOrEmail(typed: string): string | null {
  if (!PRINTABLE.test(typed)) return null
  const loginOrEmail = canonical(typed)
  const { login, email } = profileFaults({ login: loginOrEmail, email: loginOrEmail })
  return login === undefined || email === undefined ? loginOrEmail : null
}

/** Queues a mail for whoever has this login or address; the same statements run whether anybody does. */
export async function requestReset({ database }: RecoveryTools, loginOrEmail: string, client: Client): Promise<void> {
  await database.transaction(async (tx) => {
    const [asked] = await tx.query(QUEUE_RESET, loginOrEmail, JSON.stringify(client))
    const login = asked?.login ?? null
    await recordEvent(tx, {
      type: 'password_reset_requested',
      result: login === null ? 'failure' : 'success',
      actor: null,
      ...(login !== null && { resource: `user:${login}` }),
      ...client,
    })
  })
}

/**
 * A link for an administrator to hand on, for a day; it voids what was sent before.
 * @param by null for an operator at a shell, who alone gets one of a break-glass account
 * @returns null for who is disabled
 * @throws OperatorError when nobody has this login, PosternError `forbidden` for a break-glass account
 */
export async function makeResetLink(
  { database, keys, publicUrl }: RecoveryTools,
  login: string,
  by: AuditEvent['actor'],
): Promise<string | null> {
  const user = await getUser(database, login)
  return database.transaction(async (tx) => {
    if (by !== null && (await findStanding(tx, user.id))?.isBreakGlass === true)
      throw new PosternError('forbidden', 'a reset link of a break-glass account is made at a shell')
    const token = await mintLink(tx, keys, { purpose: 'reset', userId: user.id, lifeMs: DAY_MS })
    if (token === null) return null
    const resource = `user:${user.login}`
    await recordEvent(tx, { type: 'password_reset_requested', result: 'success', actor: by, resource })
    return linkTo(publicUrl, `reset/${token}`)
  })
}

/**
 * Sets a password and ends every sign-in, once for each link; second factors stay, and nobody is signed in by it.
 * @returns false when the link doesn't count any more
 */
export async function completeReset(
  parts: RecoveryParts,
  token: string,
  password: string,
  client: Client,
): Promise<boolean> {
  const stored = await parts.passwords.hash(password)
  const userId = await parts.feed.commit(parts.database, async (tx) => {
    const owner = await consumeLink(tx, parts.keys, 'reset', token)
    if (owner === null) return null
    const { userId, login, more } = owner
    await setPassword(tx, login, stored)
    await parts.sessions.endAllIn(tx, login, 'revoked')
    if (more['byMail'] === 'yes') await tx.query(VERIFY_EMAIL, userId)
    await recordEvent(tx, {
      type: 'password_reset',
      result: 'success',
      actor: { userId, login },
      resource: `user:${login}`,
      ...client,
    })
    await notify(tx, userId, 'password_reset', client)
    return userId
  })
  if (userId === null) return false
  await liftStops(parts, userId)
  return true
}

/** What was guessed at is no password any more. This one is set, whether its owner can use it everywhere at once or not. */
async function liftStops({ attempts, log }: Pick<RecoveryParts, 'attempts' | 'log'>, userId: string): Promise<void> {
  try {
    await attempts.clear({ person: { userId, names: [] }, factors: ['password', 'basic'] })
  } catch (error) {
    log.error({ err: error, userId }, 'stops of somebody with a new password go on: see postern user unlock')
  }
}
