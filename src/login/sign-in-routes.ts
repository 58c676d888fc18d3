import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { formOf, isOwnForm, refuseCrossSite, visitorOf } from '../web/pages.ts'
import { askedProof, findAskedPage, signAskedPage, signInUrl } from './asked-page.ts'
import { breakLoop } from './loop-breaker.ts'
import { advance, afterSignIn, handOverUrl, stepUrl } from './onward.ts'
import type { SignInOutcome } from './outcome.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { sessionScriptRoutes } from './session-script-routes.ts'
import { signIn } from './sign-in.ts'
import { preSignIn, showSignInForm, SIGN_IN_FORM } from './sign-in-form.ts'
import { REMEMBER } from './sign-in-page.ts'
import type { SignInProblem } from './sign-in-page.ts'

const MAX_FIELD = 4_096
const FORM = bodySchema({
  username: textField(MAX_FIELD),
  password: textField(MAX_FIELD),
  csrf: textField(MAX_FIELD),
  rd: optionalTextField(MAX_FIELD * 2),
  remember: optionalTextField(REMEMBER.length),
})

interface Query {
  Querystring: Record<string, string>
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
    const proof = askedProof(request)
    if (visitor.principal !== null && back !== null && proof === null) return reply.redirect(back.url, 302)
    return reply.redirect(signInUrl(portal.paths.signIn, signed, proof), 302)
  })

  app.get<Query>('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    const rd = request.query['rd'] ?? null
    const onward = await onwardUrl(parts, request, rd)
    if (onward !== null) return reply.redirect(onward, 302)
    const { principal } = await visitorOf(parts, request)
    const username = askedProof(request) === 'again' ? (principal?.login ?? '') : ''
    const problem = request.query['again'] === 'expired' ? 'expired' : null
    return showSignInForm(parts, request, reply, { rd, username, remember: false, problem })
  })

  app.post('/login', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { username, password, csrf, rd = null } = parsed.value
    const remember = isChecked(parsed.value.remember)
    const again = (problem: SignInProblem, retryAfterS?: number): FastifyReply =>
      showSignInForm(parts, request, reply, { rd, username, remember, problem, retryAfterS })
    const binding = preSignIn(parts, request)
    if (binding === null) return again('cookie_missing')
    if (!isOwnForm(parts, SIGN_IN_FORM, binding, csrf)) return again('form_expired')
    if (username.trim() === '') return again('username_missing')
    if (password === '') return again('password_missing')
    const outcome = await attempt(parts, request, { username, password, remember })
    switch (outcome.kind) {
      case 'busy':
        return again('busy')
      case 'stopped':
        return again('stopped', outcome.retryAfterS)
      case 'refused':
        return again('wrong_credentials')
      case 'half_done':
      case 'must_change':
      case 'signed_in':
        return advance(parts, reply, outcome, rd)
    }
  })
}

/** Where somebody goes on to who is signed in, with what a rule wants proven; null where the form is due. */
async function onwardUrl(parts: PortalParts, request: FastifyRequest, rd: string | null): Promise<string | null> {
  const { principal } = await visitorOf(parts, request)
  if (principal === null) return null
  const proof = askedProof(request)
  if (proof === 'again') return null
  const lacks = proof === 'second_factor' && Object.keys(principal.factors).length < 2
  if (lacks) return stepUrl(parts, 'step-up', rd)
  const onward = await handOverUrl(parts, principal, rd)
  return onward === null && proof === 'second_factor' ? afterSignIn(parts, rd) : onward
}

async function attempt(
  parts: PortalParts,
  request: FastifyRequest,
  given: { username: string; password: string; remember: boolean },
): Promise<SignInOutcome | { readonly kind: 'busy' }> {
  try {
    return await signIn(parts, { ...given, ...(await visitOf(parts, request)) })
  } catch (error) {
    if (error instanceof PosternError && error.code === 'too_many_attempts') return { kind: 'busy' }
    throw error
  }
}

/** A browser sends nothing for a box that isn't checked. */
function isChecked(remember: string | undefined): boolean {
  if (remember !== undefined && remember !== REMEMBER) throw new PosternError('bad_request', 'field remember')
  return remember === REMEMBER
}
