import { PosternError } from '../errors.ts'
import { invitationLife, INVITATION_DAYS, invite as makeInvitation } from '../recovery/invitations.ts'
import * as invitations from '../recovery/invitations.ts'
import type { InvitationRow } from '../recovery/invitations-table.ts'
import { linkTo } from '../recovery/mail-links.ts'
import { makeResetLink } from '../recovery/reset.ts'
import { actorOf, refuseGiving, refuseHigher, refuseTaking } from './authority.ts'
import { asPosternError } from './faults.ts'
import type { AdministrationParts, Doer } from './parts.ts'
import { getUser } from './users.ts'

export interface Invitation {
  readonly email: string
  readonly roles?: readonly string[]
  /** 7 unless given. */
  readonly days?: number
  /** Whether a mail brings the link rather than whoever invites; where mails are sent, unless given. */
  readonly byMail?: boolean
}

/**
 * A link that sets a password, for somebody to hand on; known this once, for a day.
 * @throws PosternError `unknown_user`, `user_disabled`, `holds_more`, `forbidden` for a break-glass account
 */
export async function resetLink(
  parts: AdministrationParts,
  by: Doer,
  { login }: { readonly login: string },
): Promise<{ readonly login: string; readonly link: string }> {
  const user = await getUser(parts, login)
  await refuseHigher(parts, parts.database, by, user.id)
  const link = await asPosternError(() => makeResetLink(parts.recovery, user.login, actorOf(by)))
  if (link === null) throw new PosternError('user_disabled', `${user.login} is disabled`)
  // Whoever rose while it was made: nobody learns of it, and it ends with its day.
  await refuseHigher(parts, parts.database, by, user.id)
  return { login: user.login, link }
}

/**
 * Invites an address; one that it had is void. `link` is null where a mail brings it.
 * @throws UserFieldsError; PosternError `not_yours_to_give`
 */
export async function invite(
  parts: AdministrationParts,
  by: Doer,
  { email, roles = [], days = INVITATION_DAYS.usual, byMail = true }: Invitation,
): Promise<{ readonly id: string; readonly email: string; readonly link: string | null }> {
  const { keys, publicUrl, sendsMails } = parts.recovery
  const about = { email, roles, lifeMs: invitationLife(days), by: actorOf(by), byMail: byMail && sendsMails }
  const { id, token, ...made } = await parts.database.transaction(async (tx) => {
    await refuseGiving(parts, tx, by, roles)
    return makeInvitation(tx, keys, about)
  })
  return { id, email: made.email, link: token === null ? null : linkTo(publicUrl, `invite/${token}`) }
}

/** Those that can still be accepted, latest first. */
export function listInvitations({ database }: Pick<AdministrationParts, 'database'>): Promise<InvitationRow[]> {
  return invitations.listInvitations(database)
}

/** @throws PosternError `nothing_there`, `not_yours_to_give` for one that somebody with more made */
export function revokeInvitation(
  parts: AdministrationParts,
  by: Doer,
  { id }: { readonly id: string },
): Promise<{ readonly email: string }> {
  return parts.database.transaction(async (tx) => {
    const open = (await invitations.listInvitations(tx)).find((each) => each.id === id)
    await refuseTaking(parts, tx, by, open?.roles ?? [])
    const revoked = await invitations.revokeInvitation(tx, id, actorOf(by))
    if (revoked === null) throw new PosternError('nothing_there', `no open invitation ${id}`)
    return revoked
  })
}
