import { randomUUID } from 'node:crypto'
import { recordEvent } from '../audit/events.ts'
import type { AuditEvent } from '../audit/events.ts'
import { INSERT_ONE_TIME_TOKEN } from '../credentials/one-time-tokens-table.ts'
import type { StoredPassword } from '../credentials/password.ts'
import { OperatorError } from '../errors.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { hashToken, isOurToken, mintToken } from '../lib/tokens.ts'
import { queueForAddress } from '../mail/outbox.ts'
import type { Queryable } from '../store/database.ts'
import { canonical, profileFaults } from '../users/profile.ts'
import { LIST_UNKNOWN_ROLES } from '../users/users-table.ts'
import { UserFieldsError, createUser, findCredentials } from '../users/users.ts'
import * as table from './invitations-table.ts'
import type { InvitationRow } from './invitations-table.ts'
import { VERIFY_EMAIL } from './user-links-table.ts'

/** Who invites; null for an operator at a shell. */
export type Inviter = AuditEvent['actor']

export interface NewInvitation {
  readonly email: string
  readonly roles: readonly string[]
  readonly lifeMs: number
  readonly by: Inviter
  /** Whether a mail brings the link, or whoever invites. */
  readonly byMail: boolean
}

export interface Invited {
  readonly id: string
  readonly email: string
  /** What makes the link; null when a mail brings it. */
  readonly token: string | null
}

/** Whoever accepts; address and roles are those of the invitation. */
export interface Newcomer {
  readonly login: string
  readonly name: string
  readonly password: StoredPassword
}

export const INVITATION_DAYS = { least: 1, usual: 7, most: 30 }
const DAY_MS = 86_400_000
const MAX_LISTED = 1_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Invites an address, in the caller's transaction; an invitation that the address had is void.
 * @throws UserFieldsError for an address that is none or taken, and for roles that the policy doesn't define
 */
export async function invite(tx: Queryable, keys: KeyRing, invitation: NewInvitation): Promise<Invited> {
  const { roles, lifeMs, by, byMail } = invitation
  const email = canonical(invitation.email)
  await refuseFaults(tx, email, roles)
  await tx.query(table.LOCK_INVITATIONS, email)
  await tx.query(table.REVOKE_INVITATIONS_OF, email)
  const id = randomUUID()
  // The token of one that goes by mail is replaced when the mail is sent, and known to nobody before.
  const token = mintToken(keys, 'invite')
  const details = JSON.stringify({ id, email, roles, by: by?.login ?? null, byMail })
  await tx.query(INSERT_ONE_TIME_TOKEN, hashToken(token), 'invitation', details, lifeMs)
  if (byMail) await queueForAddress(tx, { userId: null, email }, 'invitation', { id, by: by?.login ?? '' })
  await recordEvent(tx, { type: 'invitation_sent', result: 'success', actor: by, details: { id, email, roles } })
  return { id, email, token: byMail ? null : token }
}

/** Days as they were written, in ms. @throws OperatorError for others than can be */
export function invitationLife(days: number): number {
  const { least, most } = INVITATION_DAYS
  if (Number.isInteger(days) && days >= least && days <= most) return days * DAY_MS
  throw new OperatorError(`An invitation lasts ${least} to ${most} days.`, 2)
}

/** Those that can still be accepted, latest first. */
export function listInvitations(database: Queryable): Promise<InvitationRow[]> {
  return database.query(table.LIST_INVITATIONS, MAX_LISTED)
}

/** Voids an invitation; null when there is none that could be accepted. */
export async function revokeInvitation(tx: Queryable, id: string, by: Inviter): Promise<{ email: string } | null> {
  if (!UUID.test(id)) return null
  const [row] = await tx.query(table.REVOKE_INVITATION, id)
  if (row === undefined) return null
  const details = { id, email: row.email }
  await recordEvent(tx, { type: 'invitation_revoked', result: 'success', actor: by, details })
  return row
}

/** A new token for the mail that brings the link; null when the invitation is used, over or revoked. */
export async function renewInvitation(database: Queryable, keys: KeyRing, id: string): Promise<string | null> {
  const token = mintToken(keys, 'invite')
  const rows = await database.query(table.RENEW_INVITATION, id, hashToken(token))
  return rows.length === 0 ? null : token
}

/** Looking doesn't use it up. */
export async function findInvitation(database: Queryable, keys: KeyRing, token: string): Promise<InvitationRow | null> {
  if (!isOurToken(keys, 'invite', token)) return null
  const [row] = await database.query(table.FIND_INVITATION, hashToken(token))
  return row ?? null
}

/**
 * Uses the invitation up and makes the user, both or neither.
 * @returns false when it was used, revoked or is over
 * @throws UserFieldsError for values that can't be taken; the invitation then still counts
 */
export async function acceptInvitation(
  tx: Queryable,
  token: string,
  newcomer: Newcomer,
  client: { readonly address: string | null; readonly userAgent: string },
): Promise<boolean> {
  const [row] = await tx.query(table.CONSUME_INVITATION, hashToken(token))
  if (row === undefined) return false
  const { id, email } = row
  const unknown = await tx.query(LIST_UNKNOWN_ROLES, row.roles)
  const roles = row.roles.filter((role) => !unknown.some(({ name }) => name === role))
  const userId = await createUser(tx, { ...newcomer, email, roles })
  if (row.by_mail) await tx.query(VERIFY_EMAIL, userId)
  const actor = { userId, login: canonical(newcomer.login) }
  const about = { actor, resource: `user:${actor.login}`, ...client, details: { id, roles } }
  await recordEvent(tx, { type: 'invitation_accepted', result: 'success', ...about })
  return true
}

async function refuseFaults(tx: Queryable, email: string, roles: readonly string[]): Promise<void> {
  const faults = profileFaults({ email })
  if (faults.email !== undefined) throw new UserFieldsError({ email: faults.email })
  if ((await findCredentials(tx, email)) !== null)
    throw new UserFieldsError({ email: 'Somebody has this address already.' })
  const unknown = await tx.query(LIST_UNKNOWN_ROLES, roles)
  const names = unknown.map(({ name }) => name).join(', ')
  if (names !== '') throw new UserFieldsError({ role: `The policy defines no role ${names}.` })
}
