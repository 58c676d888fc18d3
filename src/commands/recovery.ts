import * as administration from '../administration/links.ts'
import { OperatorError, PosternError } from '../errors.ts'
import { done, listOf, optionalText, orSay, table, textOf } from './command.ts'
import type { Command } from './command.ts'

export const makeLink: Command = async (context, given) => {
  const { login, link } = await administration
    .resetLink(context, null, { login: textOf(given, 'login') })
    .catch((error: unknown) => {
      if (!(error instanceof PosternError) || error.code !== 'user_disabled') throw error
      throw new OperatorError(`${textOf(given, 'login')} is disabled. Enable the account first: postern user enable`)
    })
  const text = `${link}\nIt works once, within a day. Whoever opens it sets the password of ${login}: hand it to nobody else.`
  return done(text, { login, link })
}

export const inviteUser: Command = async (context, given) => {
  const [, days] = /^(\d{1,3})d$/.exec(optionalText(given, 'expires') ?? '7d') ?? []
  const about = { email: textOf(given, 'email'), roles: listOf(given, 'role'), days: Number(days) }
  const { id, email, link } = await administration.invite(context, null, { ...about, byMail: given['link'] !== true })
  if (link === null)
    return done(`Invited ${email}; a mail is on its way. Revoke it: postern user uninvite ${id}`, { id, email })
  return done(`${link}\nIt works once. Hand it to ${email} and nobody else. Revoke it: postern user uninvite ${id}`, {
    id,
    email,
    link,
  })
}

export const listInvited: Command = async (context) => {
  const rows = await administration.listInvitations(context)
  const text = table(
    ['ID', 'E-MAIL', 'ROLES', 'INVITED BY', 'EXPIRES'],
    rows.map((row) => [row.id, row.email, row.roles.join(','), row.by ?? '', row.expires_at.toISOString()]),
  )
  return done(rows.length === 0 ? 'No invitation is open. Invite somebody: postern user invite --help' : text, rows)
}

export const revokeInvited: Command = async (context, given) => {
  const id = textOf(given, 'id')
  const unknown = `There is no open invitation ${id}. List them: postern user invitations`
  const revoked = await orSay(unknown, administration.revokeInvitation(context, null, { id }))
  return done(`Revoked the invitation of ${revoked.email}.`, { id, ...revoked })
}
