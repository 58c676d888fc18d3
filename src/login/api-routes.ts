import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { refuseCrossSite, setSessionCookie, visitorOf } from '../web/pages.ts'
import { apiBody, readApiProof } from './api-proof.ts'
import { changePath, keepOutcome } from './onward.ts'
import type { HalfDone, SignInOutcome } from './outcome.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { pendingToken } from './second-factor-routes.ts'
import { askPasskey, completeSignIn } from './second-factor.ts'
import { signIn } from './sign-in.ts'
import { signOut } from './sign-out.ts'
import { stepUp } from './step-up.ts'

const MAX_FIELD = 4_096
const CREDENTIALS = bodySchema({ username: textField(MAX_FIELD).min(1), password: textField(MAX_FIELD).min(1) })

/** Signing in and out for programs: the same path as the pages, with the JSON envelope (DESIGN 4.8). */
export function loginApiRoutes(app: FastifyInstance, parts: PortalParts): void {
  app.post('/api/v2/auth/login', { config: { access: 'anyone' } }, async (request, reply) => {
    const { remember = false, ...credentials } = apiBody(parts, request)
    if (typeof remember !== 'boolean') throw new PosternError('bad_request', 'field remember')
    const parsed = parseBody(CREDENTIALS, credentials)
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const outcome = await signIn(parts, { ...parsed.value, remember, ...(await visitOf(parts, request)) })
    return answer(parts, reply, outcome)
  })

  app.post('/api/v2/auth/second-factor', { config: { access: 'anyone' } }, async (request, reply) => {
    const { proof, trusts } = readApiProof(apiBody(parts, request))
    const token = getPending(parts, request)
    const outcome = await completeSignIn(parts, token, { visit: await visitOf(parts, request), proof, trusts })
    return answer(parts, reply, outcome)
  })

  app.post('/api/v2/auth/second-factor/passkey', { config: { access: 'anyone' } }, async (request, reply) => {
    apiBody(parts, request)
    const options = await askPasskey(parts, getPending(parts, request))
    if (options === null) throw new PosternError('sign_in_expired')
    return reply.send({ status: 'ok', data: options })
  })

  app.post('/api/v2/auth/step-up', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { proof } = readApiProof(apiBody(parts, request))
    const climber = await visitorOf(parts, request)
    if (climber.principal === null) throw new PosternError('not_signed_in')
    const outcome = await stepUp(parts, climber, { visit: await visitOf(parts, request), proof })
    if (outcome.kind !== 'raised') return answer(parts, reply, outcome)
    setSessionCookie(parts.cookies, reply, parts.entrances.portal.hostName, outcome.session)
    return reply.send({ status: 'ok', data: describe(await parts.sessions.whoHas(outcome.session.token, null)) })
  })

  app.post('/api/v2/auth/logout', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    await signOut(parts, request, reply)
    return reply.send({ status: 'ok' })
  })

  app.get('/api/v2/auth/session', { config: { access: 'signed_in' } }, async (request, reply) => {
    const { principal } = await visitorOf(parts, request)
    if (principal === null) throw new PosternError('not_signed_in')
    return reply.send({ status: 'ok', data: describe(principal) })
  })
}

type Answered = SignInOutcome | { readonly kind: 'wrong' | 'expired' }

/** What came of a step: whom the browser is signed in as, or what is missing. */
async function answer(parts: PortalParts, reply: FastifyReply, outcome: Answered): Promise<FastifyReply> {
  switch (outcome.kind) {
    case 'refused':
    case 'wrong':
      throw new PosternError(outcome.kind === 'wrong' ? 'wrong_second_factor' : 'invalid_credentials')
    case 'expired':
      throw new PosternError('sign_in_expired')
    case 'stopped':
      reply.header('retry-after', String(outcome.retryAfterS))
      throw new PosternError('too_many_attempts')
    case 'half_done':
      keepOutcome(parts, reply, outcome)
      return reply.send({ status: 'ok', data: nextOf(outcome) })
    case 'must_change':
      keepOutcome(parts, reply, outcome)
      return reply.send({ status: 'ok', data: { next: 'change_password', path: changePath(parts, outcome) } })
    case 'signed_in':
      keepOutcome(parts, reply, outcome)
      return reply.send({ status: 'ok', data: describe(await parts.sessions.whoHas(outcome.session.token, null)) })
  }
}

function nextOf({ next }: HalfDone): object {
  return next.kind === 'enrol' ? { next: 'enrol' } : { next: 'second_factor', factors: next.factors }
}

function getPending(parts: PortalParts, request: FastifyRequest): string {
  const token = pendingToken(parts, request)
  if (token === null) throw new PosternError('sign_in_expired')
  return token
}

function describe(principal: Principal | null): object | null {
  if (principal === null) return null
  const { userId: id, login, email, name, roles, factors, absoluteExpiresAt } = principal
  return {
    user: { id, login, email, name, roles },
    factors: Object.keys(factors),
    expires_at: new Date(absoluteExpiresAt).toISOString(),
  }
}
