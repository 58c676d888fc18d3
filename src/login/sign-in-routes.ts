import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PORTAL_PATH } from '../config/settings.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import {
  cookieHeaders,
  dropSessionCookie,
  formOf,
  formToken,
  isOwnForm,
  refuseCrossSite,
  sendHtml,
  setSessionCookie,
  visitorOf,
} from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { readSessionCookie } from '../web/session-cookies.ts'
import { dropCookie, setCookie } from '../web/set-cookie.ts'
import { findAskedPage, mustProve, signAskedPage, signInUrl } from './asked-page.ts'
import { breakLoop } from './loop-breaker.ts'
import { clientOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import type { ReturnAddress } from './return-address.ts'
import { sessionScriptRoutes } from './session-script-routes.ts'
import { signIn } from './sign-in.ts'
import { REMEMBER, signInPage } from './sign-in-page.ts'
import type { SignInProblem } from './sign-in-page.ts'
import type { NewSession } from '../web/pages.ts'

const MAX_FIELD = 4_096
const SIGN_IN_FORM = bodySchema({
  username: textField(MAX_FIELD),
  password: textField(MAX_FIELD),
  csrf: textField(MAX_FIELD),
  rd: optionalTextField(MAX_FIELD * 2),
  remember: optionalTextField(REMEMBER.length),
})
const PURPOSE = 'sign-in'

interface Query {
  Querystring: Record<string, string>
}

const STATUS_OF: Readonly<Record<SignInProblem, number>> = {
  username_missing: 400,
  password_missing: 400,
  wrong_credentials: 401,
  busy: 429,
  form_expired: 403,
  cookie_missing: 403,
}

/** `/start` on the portal's own host, where every sign-in begins that leads back to this host, and the sign-in page. */
export function signInRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { portal } = parts.entrances
  sessionScriptRoutes(app)
  app.get<Query>('/start', { config: { access: 'anyone' } }, async (request, reply) => {
    const target = request.query['rd'] ?? '/'
    const signed = signAskedPage(parts.returnAddresses, request, { target, stateHash: null })
    if (signed === null) return reply.redirect(portal.paths.home, 302)
    const visitor = await visitorOf(parts, request)
    const stopped = breakLoop(parts, request, reply, { visitor, target })
    if (stopped !== null) return stopped
    const back = findAskedPage(parts.returnAddresses, request, target)
    if (visitor.principal !== null && back !== null && !mustProve(request)) return reply.redirect(back.url, 302)
    return reply.redirect(signInUrl(portal.paths.signIn, signed, mustProve(request)), 302)
  })

  app.get<Query>('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    const rd = request.query['rd'] ?? null
    const { principal } = await visitorOf(parts, request)
    const onward = mustProve(request) ? null : await handOverUrl(parts, principal, rd)
    if (onward !== null) return reply.redirect(onward, 302)
    const username = mustProve(request) ? (principal?.login ?? '') : ''
    return showForm(parts, request, reply, { rd, username, remember: false, problem: null })
  })

  app.post('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(SIGN_IN_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { username, password, csrf, rd = null } = parsed.value
    const remember = isChecked(parsed.value.remember)
    const again = (problem: SignInProblem): FastifyReply =>
      showForm(parts, request, reply, { rd, username, remember, problem })
    const binding = preSignIn(parts, request)
    if (binding === null) return again('cookie_missing')
    if (!isOwnForm(parts, PURPOSE, binding, csrf)) return again('form_expired')
    if (username.trim() === '') return again('username_missing')
    if (password === '') return again('password_missing')
    const outcome = await attempt(parts, request, { username, password, remember })
    if (outcome === 'busy') return again('busy')
    if (outcome === null) return again('wrong_credentials')
    setSessionCookie(parts.cookies, reply, portal.hostName, outcome)
    return reply.redirect(afterSignIn(parts, rd), 303)
  })
}

/** Where a visitor goes who has just signed in: where a hand-over is due, once more here, now with the new cookie. */
function afterSignIn({ returnAddresses, entrances }: PortalParts, rd: string | null): string {
  const { paths } = entrances.portal
  const back = rd === null ? null : returnAddresses.open(rd)
  if (back === null) return paths.home
  return back.stateHash === null ? back.url : `${paths.signIn}?rd=${rd}`
}

/** The way back to an app's own host for a visitor who is signed in; null for all others. */
async function handOverUrl(parts: PortalParts, principal: Principal | null, rd: string | null): Promise<string | null> {
  const back = rd === null ? null : parts.returnAddresses.open(rd)
  if (back === null || back.stateHash === null || principal === null) return null
  const { host, target, stateHash, origin } = back
  const code = await parts.handOver.offer(principal, { host, target, stateHash })
  return `${origin}${PORTAL_PATH}/callback?code=${code}`
}

async function attempt(
  parts: PortalParts,
  request: FastifyRequest,
  given: { username: string; password: string; remember: boolean },
): Promise<NewSession | null | 'busy'> {
  const { principal: previous } = await visitorOf(parts, request)
  try {
    return await signIn(parts, { ...given, ...clientOf(parts, request), previous })
  } catch (error) {
    if (error instanceof PosternError && error.code === 'too_many_attempts') return 'busy'
    throw error
  }
}

/** A browser sends nothing for a box that isn't checked. */
function isChecked(remember: string | undefined): boolean {
  if (remember !== undefined && remember !== REMEMBER) throw new PosternError('bad_request', 'field remember')
  return remember === REMEMBER
}

interface FormState {
  readonly rd: string | null
  readonly username: string
  readonly remember: boolean
  readonly problem: SignInProblem | null
}

/** The form, bound to a random cookie that is set with it; a return address that doesn't hold is dropped. */
function showForm(
  parts: PortalParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { rd, username, remember, problem }: FormState,
): FastifyReply {
  const back = rd === null ? null : parts.returnAddresses.open(rd)
  const binding = preSignIn(parts, request) ?? newPreSignIn(parts, reply)
  dropDoubled(parts, request, reply)
  if (problem === 'busy') reply.header('retry-after', '2')
  const { paths } = parts.entrances.portal
  const markup = signInPage({
    assetBase: paths.assets,
    action: paths.signIn,
    csrf: formToken(parts, PURPOSE, binding),
    rd: back === null ? null : rd,
    returnHost: back?.host ?? null,
    username,
    remember: parts.sessions.rememberMs === 0 ? null : { lastsMs: parts.sessions.rememberMs, isChecked: remember },
    problem,
  })
  reply.headers(formHeaders(parts, back))
  return sendHtml(reply, problem === null ? 200 : STATUS_OF[problem], markup)
}

/** Two session cookies count as none for as long as both are there, so those that can be named are dropped. */
function dropDoubled({ cookies, entrances }: PortalParts, request: FastifyRequest, reply: FastifyReply): void {
  const { hostName } = entrances.portal
  if (readSessionCookie(cookies, cookieHeaders(request), hostName) !== DOUBLED) return
  dropSessionCookie(cookies, reply, hostName)
  if (cookies.domain !== null) dropCookie(reply, cookies.names.portal, cookies.secure)
}

/** Chromium checks where a form's redirect leads as well, so the page lists the origin that it returns to. */
function formHeaders({ cookies }: PortalParts, back: ReturnAddress | null): Readonly<Record<string, string>> {
  return portalHeaders({ secure: cookies.secure, formTargets: back === null ? [] : [back.origin] })
}

function preSignIn(parts: PortalParts, request: FastifyRequest): string | null {
  const value = readCookie(cookieHeaders(request), parts.cookies.names.preSignIn)
  return value === DOUBLED || value === '' ? null : value
}

function newPreSignIn({ cookies }: PortalParts, reply: FastifyReply): string {
  const value = randomBytes(24).toString('base64url')
  setCookie(reply, { name: cookies.names.preSignIn, value, secure: cookies.secure })
  return value
}
