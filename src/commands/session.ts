import { recordEvent } from '../audit/events.ts'
import { OperatorError } from '../errors.ts'
import type { Queryable } from '../store/database.ts'
import { canonical } from '../users/profile.ts'
import { getUser } from '../users/users.ts'
import { counted, done, optionalText, table } from './command.ts'
import type { Command } from './command.ts'

const MAX_LISTED = 1_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const listSessions: Command = async ({ database, sessions }, given) => {
  const login = optionalText(given, 'user')
  if (login !== undefined) await getUser(database, login)
  const rows = await sessions.list(login === undefined ? null : canonical(login), MAX_LISTED)
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

export const revokeSessions: Command = async ({ database, sessions }, given) => {
  const user = optionalText(given, 'user')
  if (user !== undefined) {
    const { login } = await getUser(database, user)
    const ended = await sessions.endAllOf(login, 'revoked', {
      also: (tx, ended) => record(tx, `user:${login}`, { ended }),
    })
    return done(`Ended ${counted(ended, 'session')} of ${login}.`, { login, ended })
  }
  const id = optionalText(given, 'id')
  if (id === undefined) throw new OperatorError('Give a session id, or --user <login>.', 2)
  if (!UUID.test(id)) throw new OperatorError(`${id} is no session id. List them: postern session list`, 2)
  const ended = await sessions.end(id, 'revoked', (tx, { login }) => record(tx, `user:${login}`, { ended: 1, id }))
  if (!ended) throw new OperatorError(`There is no such session, or it has ended already: ${id}`)
  return done(`Ended session ${id}.`, { id, ended: 1 })
}

function record(tx: Queryable, resource: string, details: Readonly<Record<string, unknown>>): Promise<void> {
  return recordEvent(tx, { type: 'session_revoked', result: 'success', actor: null, resource, details })
}
