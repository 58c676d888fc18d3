import { recordEvent } from '../audit/events.ts'
import type { AuditEvent } from '../audit/events.ts'
import { queueForAddress } from '../mail/outbox.ts'
import { UNQUEUE } from '../mail/outbox-table.ts'
import type { Queryable } from '../store/database.ts'
import { canonical, profileFaults } from '../users/profile.ts'
import { UserFieldsError, editUser, findCredentials } from '../users/users.ts'
import type { Client, RecoveryParts } from './parts.ts'
import { FIND_VERIFIED, LOCK_OWNER, RAISE_SESSION_EPOCH, VERIFY_EMAIL } from './user-links-table.ts'
import { consumeLink, voidLaterLinks, voidLinks } from './user-links.ts'
import type { LinkOwner } from './user-links.ts'

export interface OwnEmail {
  readonly email: string
  readonly isVerified: boolean
}

/** The stored address, and whether its owner is known to read it. @throws Error for somebody who is gone */
export async function ownEmail(database: Queryable, userId: string): Promise<OwnEmail> {
  const [row] = await database.query(FIND_VERIFIED, userId)
  if (row === undefined) throw new Error(`there is no user ${userId}`)
  return { email: row.email, isVerified: row.is_verified }
}

/** What is wrong with an address, as a sentence, or null. Whether somebody else has it is not told. */
export function emailFault(email: string): string | null {
  return profileFaults({ email: canonical(email) }).email ?? null
}

/**
 * Sends a link to an address, which becomes the stored one by it; the stored one is told, with a way to stop it. With
 * the stored address itself it only proves that mails arrive. What was asked for before is void.
 */
export async function requestEmail(
  { database }: Pick<RecoveryParts, 'database'>,
  { userId, login }: { readonly userId: string; readonly login: string },
  typed: string,
  client: Client,
): Promise<void> {
  const email = canonical(typed)
  await database.transaction(async (tx) => {
    const [owner] = await tx.query(LOCK_OWNER, userId)
    if (owner === undefined) return
    await voidRequests(tx, userId)
    const letter = { email, from: owner.email, ...client }
    // Nobody is told that an address is taken; there is just no mail for whoever has it.
    const isTaken = email !== owner.email && (await findCredentials(tx, email)) !== null
    if (!isTaken) await queueForAddress(tx, { userId, email }, 'email_confirm', letter)
    const resource = `user:${login}`
    const about = { actor: { userId, login }, resource, ...client }
    if (email === owner.email)
      return recordEvent(tx, { type: 'email_verification_requested', result: 'success', ...about })
    await queueForAddress(tx, { userId, email: owner.email }, 'email_change_requested', letter)
    await recordEvent(tx, { type: 'email_change_requested', result: 'success', ...about })
  })
}

/**
 * Makes the address that a link was sent to the stored one.
 * @returns false when the link doesn't count any more, or somebody else has the address by now
 */
export async function confirmEmail(parts: RecoveryParts, token: string, client: Client): Promise<boolean> {
  return unlessTaken(() =>
    parts.feed.commit(parts.database, async (tx) => {
      const owner = await consumeLink(tx, parts.keys, 'email', token)
      if (owner === null) return false
      const { userId, login, email: from } = owner
      const email = owner.more['email'] ?? from
      if (email !== from) {
        await editUser(tx, login, { email })
        await queueForAddress(tx, { userId, email: from }, 'email_changed', { ...client })
        await recordChanged(tx, { userId, login }, client, { verified: true })
      } else {
        const about = { actor: { userId, login }, resource: `user:${login}`, ...client }
        await recordEvent(tx, { type: 'email_verified', result: 'success', ...about })
      }
      await tx.query(VERIFY_EMAIL, userId)
      return true
    }),
  )
}

/**
 * Stops a change of address, or takes it back, and ends every sign-in: whoever asked for it was signed in. Links that
 * stop later changes are void, so that a thief can't undo this; earlier ones stay.
 */
export async function stopEmailChange(parts: RecoveryParts, token: string, client: Client): Promise<boolean> {
  return unlessTaken(() =>
    parts.feed.commit(parts.database, async (tx) => {
      const owner = await consumeLink(tx, parts.keys, 'email_stop', token)
      if (owner === null) return false
      const { userId, login } = owner
      await voidRequests(tx, userId)
      await voidLaterLinks(tx, userId, 'email_stop', token)
      const stored = owner.more['from'] ?? owner.email
      if (stored !== owner.email) await editUser(tx, login, { email: stored })
      await tx.query(RAISE_SESSION_EPOCH, userId)
      await parts.sessions.endAllIn(tx, login, 'revoked')
      await tx.query(VERIFY_EMAIL, userId)
      await recordChanged(tx, { userId, login }, client, { stopped: true })
      return true
    }),
  )
}

/** The address that a link is about. */
export function emailOf({ email, more }: LinkOwner): string {
  return more['email'] ?? email
}

async function voidRequests(tx: Queryable, userId: string): Promise<void> {
  await tx.query(UNQUEUE, userId, 'email_confirm')
  await voidLinks(tx, userId, 'email')
}

async function recordChanged(
  tx: Queryable,
  actor: NonNullable<AuditEvent['actor']>,
  client: Client,
  details: Readonly<Record<string, boolean>>,
): Promise<void> {
  const resource = `user:${actor.login}`
  await recordEvent(tx, { type: 'email_changed', result: 'success', actor, resource, ...client, details })
}

async function unlessTaken(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UserFieldsError) return false
    throw error
  }
}
