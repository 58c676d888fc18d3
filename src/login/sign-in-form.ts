import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import { cookieHeaders, dropSessionCookie, formToken, frameOf, sendHtml } from '../web/pages.ts'
import { readSessionCookie } from '../web/session-cookies.ts'
import { dropCookie, setCookie } from '../web/set-cookie.ts'
import { formHeaders, openReturn } from './onward.ts'
import type { PortalParts } from './portal.ts'
import { signInPage } from './sign-in-page.ts'
import type { SignInProblem } from './sign-in-page.ts'

/** What the forms of the sign-in page are for, to which their tokens are bound. */
export const SIGN_IN_FORM = 'sign-in'

export interface SignInForm {
  readonly rd: string | null
  readonly username: string
  readonly remember: boolean
  readonly problem: SignInProblem | null
  readonly retryAfterS?: number | undefined
}

const BUSY_S = 2
const STATUS_OF: Readonly<Record<SignInProblem, number>> = {
  username_missing: 400,
  password_missing: 400,
  wrong_credentials: 401,
  passkey_refused: 401,
  busy: 429,
  stopped: 429,
  form_expired: 403,
  cookie_missing: 403,
  expired: 200,
}

/** The form, bound to a random cookie that is set with it; a return address that doesn't hold is dropped. */
export function showSignInForm(
  parts: PortalParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { rd, username, remember, problem, retryAfterS }: SignInForm,
): FastifyReply {
  const back = openReturn(parts, rd)
  const binding = preSignIn(parts, request) ?? newPreSignIn(parts, reply)
  dropDoubled(parts, request, reply)
  if (problem === 'busy' || problem === 'stopped') reply.header('retry-after', String(retryAfterS ?? BUSY_S))
  const { paths } = parts.entrances.portal
  const { offersPasskeys } = parts.ownFactors
  const markup = signInPage({
    frame: frameOf(parts, request),
    action: paths.signIn,
    passkeyAction: offersPasskeys ? `${paths.signIn}/passkey` : null,
    csrf: formToken(parts, SIGN_IN_FORM, binding),
    rd: back === null ? null : rd,
    returnHost: back?.host ?? null,
    username,
    remember: parts.sessions.rememberMs === 0 ? null : { lastsMs: parts.sessions.rememberMs, isChecked: remember },
    resetHref: parts.offersReset ? `${paths.base}/reset` : null,
    problem,
  })
  reply.headers(formHeaders(parts, back, offersPasskeys))
  return sendHtml(reply, problem === null ? 200 : STATUS_OF[problem], markup)
}

/** What the sign-in forms of a browser are bound to; two of them are none. */
export function preSignIn(parts: PortalParts, request: FastifyRequest): string | null {
  const value = readCookie(cookieHeaders(request), parts.cookies.names.preSignIn)
  return value === DOUBLED || value === '' ? null : value
}

/** Two session cookies count as none for as long as both are there, so those that can be named are dropped. */
function dropDoubled({ cookies, entrances }: PortalParts, request: FastifyRequest, reply: FastifyReply): void {
  const { hostName } = entrances.portal
  if (readSessionCookie(cookies, cookieHeaders(request), hostName) !== DOUBLED) return
  dropSessionCookie(cookies, reply, hostName)
  if (cookies.domain !== null) dropCookie(reply, cookies.names.portal, cookies.secure)
}

function newPreSignIn({ cookies }: PortalParts, reply: FastifyReply): string {
  const value = randomBytes(24).toString('base64url')
  setCookie(reply, { name: cookies.names.preSignIn, value, secure: cookies.secure })
  return value
}
