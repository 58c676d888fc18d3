import type { FastifyInstance } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import type { Devices } from '../limits/devices.ts'
import type { Log } from '../observe/log.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Database } from '../store/database.ts'
import { bodySchema, optionalTextField, textField } from '../web/body.ts'
import { deviceText } from '../web/device-text.ts'
import { cookieHeaders, formToken, sendHtml } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import type { Words } from '../words/words.ts'
import { openShell } from './account-page.ts'
import type { ListedDevice } from './device-list.ts'
import { endOthers } from './end-sessions.ts'
import { sessionListPage } from './session-list-page.ts'
import type { ListedSession } from './session-list-page.ts'
import { ownForm, signedInVisitor } from './visitor.ts'

/** What the account pages are built from. */
export interface AccountParts extends PageParts {
  readonly database: Database
  readonly sessions: Pick<Sessions, 'whoHas' | 'list' | 'end' | 'endAllOf'>
  readonly devices: Pick<Devices, 'read' | 'list' | 'forget'>
  readonly log: Pick<Log, 'info'>
  /** The policy in force. */
  readonly policy: () => Pick<CompiledPolicy, 'roles'>
}

/** Each form of the page says one of the two. */
const FORM = bodySchema({ csrf: textField(256), end: optionalTextField(64), forget: optionalTextField(64) })
const PURPOSE = 'sessions'
/** More than anybody has, few enough for one page. */
const MAX_LISTED = 500

/** `/account/sessions`: one's own sign-ins and devices, ending one or all others, and forgetting a device. */
export function accountRoutes(app: FastifyInstance, parts: AccountParts): void {
  const { paths } = parts.entrances.portal
  const action = `${paths.base}/account/sessions`

  app.get('/account/sessions', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { principal, token } = await signedInVisitor(parts, request)
    const shell = openShell(parts, request, principal)
    const { words } = shell.frame
    const sessions = await ownSessions(parts, principal, words)
    const devices = await ownDevices(parts, { principal, own: parts.devices.read(cookieHeaders(request)), words })
    const csrf = formToken(parts, PURPOSE, token)
    return sendHtml(reply, 200, sessionListPage({ shell, sessions, devices, action, csrf }))
  })

  app.post('/account/sessions', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: FORM })
    const { end, forget } = fields
    if ((end === undefined) === (forget === undefined)) throw new PosternError('bad_request', 'fields end, forget')
    if (end !== undefined) await endSessions(parts, visitor.principal, end)
    if (forget !== undefined) await forgetDevice(parts, visitor.principal, forget)
    return reply.redirect(action, 303)
  })
}

async function endSessions(parts: AccountParts, principal: Principal, end: string): Promise<void> {
  const ended = end === 'others' ? await endOthers(parts, principal) : await endOne(parts, principal, end)
  parts.log.info({ login: principal.login, ended }, 'sessions ended by their owner')
}

/** Only one of the visitor's own; what is no id is nobody's. */
async function forgetDevice({ database, devices }: AccountParts, principal: Principal, id: string): Promise<void> {
  const { userId, login, signInId } = principal
  const own = await devices.list(database, userId)
  if (!own.some((device) => device.id === id)) return
  await database.transaction(async (tx) => {
    if (!(await devices.forget(tx, userId, id))) return
    const about = { actor: { userId, login }, signInId, resource: `user:${login}`, details: { id } }
    await recordEvent(tx, { type: 'device_forgotten', result: 'success', ...about })
  })
}

async function ownDevices(
  { database, devices }: AccountParts,
  { principal, own, words }: { principal: Principal; own: Buffer | null; words: Words },
): Promise<ListedDevice[]> {
  const rows = await devices.list(database, principal.userId)
  return rows.map((row) => ({
    id: row.id,
    device: deviceText(words, row.user_agent),
    address: row.ip_address,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    trustedUntil: row.trusted_until,
    isThis: own !== null && row.token_hash.equals(own),
  }))
}

async function ownSessions(
  { sessions }: AccountParts,
  { login, signInId }: Principal,
  words: Words,
): Promise<ListedSession[]> {
  const rows = await sessions.list(login, MAX_LISTED)
  const listed = rows.map((row) => ({
    id: row.id,
    device: deviceText(words, row.user_agent),
    address: row.ip_address,
    startedAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    rememberedUntil: row.remembered ? row.expires_at : null,
    isThis: row.id === signInId,
  }))
  return [...listed.filter(({ isThis }) => isThis), ...listed.filter(({ isThis }) => !isThis)]
}

/** Only what is on the visitor's own list, and not the sign-in that asks: that has its own way out. */
async function endOne(parts: AccountParts, principal: Principal, id: string): Promise<number> {
  const { login, signInId } = principal
  const own = await parts.sessions.list(login, MAX_LISTED)
  if (id === signInId || !own.some((session) => session.id === id)) return 0
  const isEnded = await parts.sessions.end(id, 'revoked', (tx, actor) => {
    const about = { actor, signInId, resource: `user:${actor.login}`, details: { ended: 1, id } }
    return recordEvent(tx, { type: 'session_revoked', result: 'success', ...about })
  })
  return isEnded ? 1 : 0
}
