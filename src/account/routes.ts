import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { describeDevice } from '../lib/device.ts'
import type { Principal } from '../lib/principal.ts'
import type { Log } from '../observe/log.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { formOf, formToken, isOwnForm, refuseCrossSite, sendHtml, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { sessionListPage } from './session-list-page.ts'
import type { ListedSession } from './session-list-page.ts'

/** What the account pages are built from. */
export interface AccountParts extends PageParts {
  readonly sessions: Pick<Sessions, 'whoHas' | 'list' | 'end' | 'endAllOf'>
  readonly log: Pick<Log, 'info'>
}

const FORM = bodySchema({ csrf: textField(256), end: textField(64) })
const PURPOSE = 'sessions'
/** More than anybody has, few enough for one page. */
const MAX_LISTED = 500

/** `/account/sessions`: one's own sign-ins, and ending one or all others. */
export function accountRoutes(app: FastifyInstance, parts: AccountParts): void {
  const { paths } = parts.entrances.portal
  const action = `${paths.base}/account/sessions`

  app.get('/account/sessions', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { principal, token } = await signedInVisitor(parts, request)
    const sessions = await ownSessions(parts, principal)
    const csrf = formToken(parts, PURPOSE, token)
    const { assets: assetBase, home: homeHref } = paths
    return sendHtml(reply, 200, sessionListPage({ assetBase, sessions, action, csrf, homeHref }))
  })

  app.post('/account/sessions', { config: { access: 'signed_in' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { csrf, end } = parsed.value
    const { principal, token } = await signedInVisitor(parts, request)
    if (!isOwnForm(parts, PURPOSE, token, csrf)) throw new PosternError('cross_site_request', 'form token of sessions')
    const ended = end === 'others' ? await endOthers(parts, principal) : await endOne(parts, principal, end)
    parts.log.info({ login: principal.login, ended }, 'sessions ended by their owner')
    return reply.redirect(action, 303)
  })
}

/** The hook for `signed_in` lets nobody else in; what it knew may have ended since. */
async function signedInVisitor(
  parts: AccountParts,
  request: FastifyRequest,
): Promise<{ principal: Principal; token: string }> {
  const visitor = await visitorOf(parts, request)
  if (visitor.principal === null) throw new PosternError('not_signed_in')
  return visitor
}

async function ownSessions({ sessions }: AccountParts, { login, signInId }: Principal): Promise<ListedSession[]> {
  const rows = await sessions.list(login, MAX_LISTED)
  const listed = rows.map((row) => ({
    id: row.id,
    device: describeDevice(row.user_agent),
    address: row.ip_address,
    startedAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    rememberedUntil: row.remembered ? row.expires_at : null,
    isThis: row.id === signInId,
  }))
  return [...listed.filter(({ isThis }) => isThis), ...listed.filter(({ isThis }) => !isThis)]
}

function endOthers({ sessions }: AccountParts, { login, signInId }: Principal): Promise<number> {
  return sessions.endAllOf(login, 'revoked', signInId)
}

/** Only what is on the visitor's own list, and not the sign-in that asks: that has its own way out. */
async function endOne(parts: AccountParts, principal: Principal, id: string): Promise<number> {
  const own = await ownSessions(parts, principal)
  if (!own.some((session) => session.id === id && !session.isThis)) return 0
  return (await parts.sessions.end(id, 'revoked')) ? 1 : 0
}
