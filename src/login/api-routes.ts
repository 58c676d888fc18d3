import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { bodyKind, bodySchema, parseBody, textField } from '../web/body.ts'
import { refuseCrossSite, setSessionCookie, visitorOf } from '../web/pages.ts'
import { readJson } from '../web/strict-json.ts'
import { clientOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { signIn } from './sign-in.ts'
import { signOut } from './sign-out.ts'

const MAX_FIELD = 4_096
const CREDENTIALS = bodySchema({ username: textField(MAX_FIELD).min(1), password: textField(MAX_FIELD).min(1) })

/** Signing in and out for programs: the same path as the pages, with the JSON envelope (DESIGN 4.8). */
export function loginApiRoutes(app: FastifyInstance, parts: PortalParts): void {
  app.post('/api/v2/auth/login', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    if (bodyKind(request.headers['content-type']) !== 'json')
      throw new PosternError('bad_request', 'not application/json')
    const { remember = false, ...credentials } = readJson(request.body as Buffer)
    if (typeof remember !== 'boolean') throw new PosternError('bad_request', 'field remember')
    const parsed = parseBody(CREDENTIALS, credentials)
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { principal: previous } = await visitorOf(parts, request)
    const session = await signIn(parts, { ...parsed.value, remember, ...clientOf(parts, request), previous })
    if (session === null) throw new PosternError('invalid_credentials')
    setSessionCookie(parts.cookies, reply, parts.entrances.portal.hostName, session)
    return reply.send({ status: 'ok', data: describe(await parts.sessions.whoHas(session.token, null)) })
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

function describe(principal: Principal | null): object | null {
  if (principal === null) return null
  const { userId: id, login, email, name, roles, factors, absoluteExpiresAt } = principal
  return {
    user: { id, login, email, name, roles },
    factors: Object.keys(factors),
    expires_at: new Date(absoluteExpiresAt).toISOString(),
  }
}
