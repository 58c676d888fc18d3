import { endSession, endSessionsOf } from '../administration/sessions.ts'
import { getUser } from '../administration/users.ts'
import { OperatorError } from '../errors.ts'
import { isUuid } from '../lib/time-cursor.ts'
import { canonical } from '../users/profile.ts'
import { counted, done, optionalText, orSay, table } from './command.ts'
import type { Command } from './command.ts'

const MAX_LISTED = 1_000

export const listSessions: Command = async (context, given) => {
  const login = optionalText(given, 'user')
  if (login !== undefined) await getUser(context, login)
  const rows = await context.sessions.list(login === undefined ? null : canonical(login), MAX_LISTED)
  const text = table(
    ['ID', 'USER', 'LAST SEEN', 'EXPIRES', 'FROM'],
    rows.map((row) => [
      row.id,
      row.login,
      row.last_seen_at.toISOString(),
      row.expires_at.toISOString(),
      row.ip_address ?? '',
    ]),
  )
  return done(
    rows.length > 0 ? text : login === undefined ? 'Nobody is signed in.' : `${login} is not signed in.`,
    rows,
  )
}

export const revokeSessions: Command = async (context, given) => {
  const user = optionalText(given, 'user')
  if (user !== undefined) {
    const { login, ended } = await endSessionsOf(context, null, { login: user })
    return done(`Ended ${counted(ended, 'session')} of ${login}.`, { login, ended })
  }
  const id = optionalText(given, 'id')
  if (id === undefined) throw new OperatorError('Give a session id, or --user <login>.', 2)
  if (!isUuid(id)) throw new OperatorError(`${id} is no session id. List them: postern session list`, 2)
  await orSay(`There is no such session, or it has ended already: ${id}`, endSession(context, null, { id }))
  return done(`Ended session ${id}.`, { id, ended: 1 })
}
