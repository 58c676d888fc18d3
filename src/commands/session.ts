import { endSession, endSessionsOf, listSessions as pageOfSessions } from '../administration/sessions.ts'
import { MAX_PAGE } from '../administration/parts.ts'
import { getUser } from '../administration/users.ts'
import { OperatorError } from '../errors.ts'
import { isUuid } from '../lib/time-cursor.ts'
import { describeDevice } from '../lib/device.ts'
import { networkFault } from '../limits/attempt-report.ts'
import type { SignInRow } from '../sessions/sessions-table.ts'
import { canonical } from '../users/profile.ts'
import { counted, done, optionalText, orSay, table } from './command.ts'
import type { Command, CommandContext } from './command.ts'

const MAX_LISTED = 1_000

export const listSessions: Command = async (context, given) => {
  const login = optionalText(given, 'user')
  if (login !== undefined) await getUser(context, login)
  const network = optionalText(given, 'network')
  const fault = network === undefined ? null : networkFault(network)
  if (fault !== null) throw new OperatorError(fault, 2)
  const owner = login === undefined ? null : canonical(login)
  const rows =
    network === undefined
      ? await context.sessions.list(owner, MAX_LISTED)
      : await sessionsFrom(context, { network, ...(login !== undefined && { login }) })
  const text = table(
    ['ID', 'USER', 'LAST SEEN', 'EXPIRES', 'FROM', 'SINCE', 'DEVICE'],
    rows.map((row) => [
      row.id,
      row.login,
      row.last_seen_at.toISOString(),
      row.expires_at.toISOString(),
      row.ip_address ?? '',
      row.created_at.toISOString(),
      describeDevice(row.user_agent),
    ]),
  )
  const whence = network === undefined ? '' : ` from ${network}`
  const nobody = login === undefined ? `Nobody is signed in${whence}.` : `${login} is not signed in${whence}.`
  return done(rows.length > 0 ? text : nobody, rows)
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

/** Last used first, of those that began last. */
async function sessionsFrom(
  context: CommandContext,
  where: { readonly network: string; readonly login?: string },
): Promise<SignInRow[]> {
  const rows: SignInRow[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof pageOfSessions>> = await pageOfSessions(context, {
      ...where,
      limit: MAX_PAGE,
      ...(after !== null && { after }),
    })
    rows.push(...page.items.map(({ user_id: _userId, began_at: _beganAt, ...row }) => row))
    after = page.next
  } while (after !== null && rows.length < MAX_LISTED)
  return rows.toSorted((one, other) => other.last_seen_at.getTime() - one.last_seen_at.getTime())
}
