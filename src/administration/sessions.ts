import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { isUuid, writeTimeCursor } from '../lib/time-cursor.ts'
import { networkFault } from '../limits/attempt-report.ts'
import { FIND_SIGN_IN, PAGE_SIGN_INS } from '../sessions/page-table.ts'
import type { PagedSignInRow } from '../sessions/page-table.ts'
import type { Queryable } from '../store/database.ts'
import { canonical } from '../users/profile.ts'
import { UserFieldsError } from '../users/users.ts'
import { actorOf, refuseHigher } from './authority.ts'
import { cursorOf, pageOf } from './parts.ts'
import type { AdministrationParts, Doer, Page } from './parts.ts'
import { getUser } from './users.ts'

export interface SessionQuestion {
  readonly login?: string
  /** An address, or a network in CIDR form. */
  readonly network?: string
  /** `next` of the page before. */
  readonly after?: string
  readonly limit: number
}

/** Sign-ins that are open, the latest first. @throws UserFieldsError for a network; PosternError `bad_request` for a cursor */
export async function listSessions(
  { database }: Pick<AdministrationParts, 'database'>,
  { login, network, after, limit }: SessionQuestion,
): Promise<Page<PagedSignInRow>> {
  const fault = network === undefined ? null : networkFault(network)
  if (fault !== null) throw new UserFieldsError({ network: fault })
  const { at, id } = cursorOf(after)
  const filter = [login === undefined ? null : canonical(login), network ?? null] as const
  const rows = await database.query(PAGE_SIGN_INS, ...filter, at, id, limit + 1)
  return pageOf(rows, limit, (last) => writeTimeCursor({ at: last.began_at, id: last.id }))
}

/** Ends one sign-in at once and everywhere. @throws PosternError `nothing_there`, `holds_more` */
export async function endSession(
  parts: AdministrationParts,
  by: Doer,
  { id }: { readonly id: string },
): Promise<{ readonly login: string }> {
  const [open] = isUuid(id) ? await parts.database.query(FIND_SIGN_IN, id) : []
  const gone = new PosternError('nothing_there', `no open session ${id}`)
  if (open === undefined) throw gone
  const ended = await parts.sessions.end(id, 'revoked', async (tx, { userId, login }) => {
    await refuseHigher(parts, tx, by, userId)
    await record(tx, by, login, { ended: 1, id })
  })
  if (!ended) throw gone
  return { login: open.login }
}

/** Ends every sign-in of somebody, half-done ones too. @throws PosternError `unknown_user`, `holds_more` */
export async function endSessionsOf(
  parts: AdministrationParts,
  by: Doer,
  { login }: { readonly login: string },
): Promise<{ readonly login: string; readonly ended: number }> {
  const user = await getUser(parts, login)
  const ended = await parts.feed.commit(parts.database, async (tx) => {
    await refuseHigher(parts, tx, by, user.id)
    const count = await parts.sessions.endAllIn(tx, user.login, 'revoked')
    if (count > 0) await record(tx, by, user.login, { ended: count })
    return count
  })
  return { login: user.login, ended }
}

function record(tx: Queryable, by: Doer, login: string, details: Readonly<Record<string, unknown>>): Promise<void> {
  const resource = `user:${login}`
  return recordEvent(tx, { type: 'session_revoked', result: 'success', actor: actorOf(by), resource, details })
}
