import { OperatorError } from '../errors.ts'
import { invitationLife, invite, listInvitations, revokeInvitation } from '../recovery/invitations.ts'
import { linkTo } from '../recovery/mail-links.ts'
import { makeResetLink } from '../recovery/reset.ts'
import { done, listOf, optionalText, table, textOf } from './command.ts'
import type { Command } from './command.ts'

export const makeLink: Command = async ({ recovery }, given) => {
  const login = textOf(given, 'login')
  const link = await makeResetLink(recovery, login, null)
  if (link === null) throw new OperatorError(`${login} is disabled. Run first: postern user enable ${login}`)
  const text = `${link}\nIt works once, within a day. Whoever opens it sets the password of ${login}: hand it to nobody else.`
  return done(text, { login, link })
}

export const inviteUser: Command = async ({ database, recovery }, given) => {
  const [, days] = /^(\d{1,3})d$/.exec(optionalText(given, 'expires') ?? '7d') ?? []
  const about = { email: textOf(given, 'email'), roles: listOf(given, 'role'), lifeMs: invitationLife(Number(days)) }
  const byMail = recovery.sendsMails && given['link'] !== true
  const { id, email, token } = await database.transaction((tx) =>
    invite(tx, recovery.keys, { ...about, by: null, byMail }),
  )
  if (token === null)
    return done(`Invited ${email}; a mail is on its way. Revoke it: postern user uninvite ${id}`, { id, email })
  const link = linkTo(recovery.publicUrl, `invite/${token}`)
  return done(`${link}\nIt works once. Hand it to ${email} and nobody else. Revoke it: postern user uninvite ${id}`, {
    id,
    email,
    link,
  })
}

export const listInvited: Command = async ({ database }) => {
  const rows = await listInvitations(database)
  const text = table(
    ['ID', 'E-MAIL', 'ROLES', 'INVITED BY', 'EXPIRES'],
    rows.map((row) => [row.id, row.email, row.roles.join(','), row.by ?? '', row.expires_at.toISOString()]),
  )
  return done(rows.length === 0 ? 'No invitation is open. Invite somebody: postern user invite --help' : text, rows)
}

export const revokeInvited: Command = async ({ database }, given) => {
  const id = textOf(given, 'id')
  const revoked = await database.transaction((tx) => revokeInvitation(tx, id, null))
  if (revoked === null)
    throw new OperatorError(`There is no open invitation ${id}. List them: postern user invitations`)
  return done(`Revoked the invitation of ${revoked.email}.`, { id, ...revoked })
}
