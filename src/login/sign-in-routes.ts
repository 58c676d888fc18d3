import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { setCookie } from '../web/set-cookie.ts'
import {
  clientOf,
  cookieHeaders,
  formOf,
  formToken,
  isOwnForm,
  isSecure,
  portalPaths,
  refuseCrossSite,
  sendHtml,
  visitorOf,
} from './portal.ts'
import type { PortalParts } from './portal.ts'
import type { ReturnAddress } from './return-address.ts'
import { signIn } from './sign-in.ts'
import { signInPage } from './sign-in-page.ts'
import type { SignInProblem } from './sign-in-page.ts'

const MAX_FIELD = 4_096
const SIGN_IN_FORM = bodySchema({
  username: textField(MAX_FIELD),
  password: textField(MAX_FIELD),
  csrf: textField(MAX_FIELD),
  rd: optionalTextField(MAX_FIELD * 2),
})
const PURPOSE = 'sign-in'

interface Query {
  Querystring: Record<string, string>
}

const STATUS_OF: Readonly<Record<SignInProblem, number>> = {
  username_missing: 400,
  password_missing: 400,
  wrong_credentials: 401,
  too_many_attempts: 429,
  busy: 429,
  form_expired: 403,
  unavailable: 503,
}

/** `/.postern/start`, where every sign-in begins, and the sign-in page. */
export function signInRoutes(app: FastifyInstance, parts: PortalParts): void {
  const paths = portalPaths(parts.publicUrl)
  app.get<Query>('/start', { config: { access: 'anyone' } }, async (request, reply) => {
    const signed = signReturn(parts, request, request.query['rd'] ?? '/')
    if (signed === null) return reply.redirect(paths.home, 302)
    const { principal } = await visitorOf(parts, request)
    const back = parts.returnAddresses.open(signed)
    if (principal !== null && back !== null) return reply.redirect(back.url, 302)
    return reply.redirect(`${paths.signIn}?rd=${signed}`, 302)
  })

  app.get<Query>('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    return showForm(parts, request, reply, { rd: request.query['rd'] ?? null, username: '', problem: null })
  })

  app.post('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(SIGN_IN_FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { username, password, csrf, rd = null } = parsed.value
    const again = (problem: SignInProblem): FastifyReply => showForm(parts, request, reply, { rd, username, problem })
    if (!isOwnForm(parts, PURPOSE, preSignIn(parts, request), csrf)) return again('form_expired')
    if (username.trim() === '') return again('username_missing')
    if (password === '') return again('password_missing')
    const outcome = await attempt(parts, request, { username, password })
    if (outcome === 'busy') return again('busy')
    if (outcome.token === null) return again('wrong_credentials')
    const back = rd === null ? null : parts.returnAddresses.open(rd)
    setSessionCookie(parts, reply, outcome.token)
    return reply.redirect(back?.url ?? paths.home, 303)
  })
}

/**
 * The return address that a visitor named, on the app whose host and port were asked; the app's root where the path
 * can't be one, null where no app is known. A proxy that sends no port in Host tells it beside.
 */
function signReturn({ returnAddresses }: PortalParts, request: FastifyRequest, target: string): string | null {
  const host = request.headers.host ?? ''
  const withPort = `${host}:${request.headers['x-forwarded-port']?.toString() ?? ''}`
  const sign = (wanted: string): string | null =>
    returnAddresses.sign({ host: withPort, target: wanted }) ?? returnAddresses.sign({ host, target: wanted })
  return sign(target) ?? sign('/')
}

/** Makes the browser keep the session token until it closes; the sign-in itself ends earlier by its own rules. */
export function setSessionCookie({ cookies, publicUrl }: PortalParts, reply: FastifyReply, token: string): void {
  setCookie(reply, { name: cookies.portal, value: token, secure: isSecure(publicUrl) })
}

async function attempt(
  parts: PortalParts,
  request: FastifyRequest,
  given: { username: string; password: string },
): Promise<{ token: string | null } | 'busy'> {
  const { principal: previous } = await visitorOf(parts, request)
  try {
    return { token: await signIn(parts, { ...given, ...clientOf(parts, request), previous }) }
  } catch (error) {
    if (error instanceof PosternError && error.code === 'too_many_attempts') return 'busy'
    throw error
  }
}

interface FormState {
  readonly rd: string | null
  readonly username: string
  readonly problem: SignInProblem | null
}

/** The form, bound to a random cookie that is set with it; a return address that doesn't hold is dropped. */
function showForm(
  parts: PortalParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { rd, username, problem }: FormState,
): FastifyReply {
  const back = rd === null ? null : parts.returnAddresses.open(rd)
  const binding = preSignIn(parts, request) ?? newPreSignIn(parts, reply)
  if (problem === 'busy') reply.header('retry-after', '2')
  const paths = portalPaths(parts.publicUrl)
  const markup = signInPage({
    assetBase: paths.assets,
    action: paths.signIn,
    csrf: formToken(parts, PURPOSE, binding),
    rd: back === null ? null : rd,
    returnHost: back?.host ?? null,
    username,
    problem,
  })
  reply.headers(formHeaders(parts, back))
  return sendHtml(reply, problem === null ? 200 : STATUS_OF[problem], markup)
}

/** Chromium checks where a form's redirect leads as well, so the page lists the origin that it returns to. */
function formHeaders({ publicUrl }: PortalParts, back: ReturnAddress | null): Readonly<Record<string, string>> {
  return portalHeaders({ secure: isSecure(publicUrl), formTargets: back === null ? [] : [back.origin] })
}

function preSignIn(parts: PortalParts, request: FastifyRequest): string | null {
  const value = readCookie(cookieHeaders(request), parts.cookies.preSignIn)
  return value === DOUBLED || value === '' ? null : value
}

function newPreSignIn({ cookies, publicUrl }: PortalParts, reply: FastifyReply): string {
  const value = randomBytes(24).toString('base64url')
  setCookie(reply, { name: cookies.preSignIn, value, secure: isSecure(publicUrl) })
  return value
}
