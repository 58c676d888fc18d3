import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import { cookieHeaders, entranceOf, frameOf, sendHtml, setSessionCookie, visitorOf } from '../web/pages.ts'
import { dropCookie, setCookie } from '../web/set-cookie.ts'
import { askedProof, findAskedPage, signAskedPage, signInUrl } from './asked-page.ts'
import { handOverFailedPage } from './hand-over-page.ts'
import { hashState } from './hand-over.ts'
import { breakLoop } from './loop-breaker.ts'
import type { PortalParts } from './portal.ts'
import { sessionScriptRoutes } from './session-script-routes.ts'

interface Query {
  Querystring: Record<string, string>
}

const STATE_BYTES = 24
const STATE_PATTERN = /^[A-Za-z0-9_-]{32}$/
const STATE_LIFE_S = 600

/** `/.postern/start` and `/.postern/callback` of an app's own host: out to the portal and back with a sign-in. */
export function handOverRoutes(app: FastifyInstance, parts: PortalParts): void {
  sessionScriptRoutes(app)
  app.get<Query>('/start', { config: { access: 'anyone' } }, async (request, reply) => {
    const target = request.query['rd'] ?? '/'
    const back = findAskedPage(parts.returnAddresses, request, target)
    const visitor = await visitorOf(parts, request)
    const stopped = breakLoop(parts, request, reply, { visitor, target })
    if (stopped !== null) return stopped
    if (visitor.principal !== null && back !== null && askedProof(request) === null)
      return reply.redirect(back.url, 302)
    const stateHash = offerState(parts, request, reply)
    const signed = signAskedPage(parts.returnAddresses, request, { target, stateHash })
    if (signed === null) throw new PosternError('wrong_host')
    const { portal } = parts.entrances
    return reply.redirect(signInUrl(portal.origin + portal.paths.signIn, signed, askedProof(request)), 302)
  })

  app.get<Query>('/callback', { config: { access: 'anyone' } }, async (request, reply) => {
    const { hostName, paths } = entranceOf(parts, request)
    const code = request.query['code'] ?? ''
    const state = stateOf(parts, request)
    const accepted = state === null ? null : await parts.handOver.accept({ code, host: hostName, state })
    if (accepted === null) {
      const { principal } = await visitorOf(parts, request)
      parts.log.info({ host: hostName }, 'hand-over refused')
      if (principal !== null) return reply.redirect(paths.home, 302)
      return sendHtml(reply, 403, handOverFailedPage({ frame: frameOf(parts, request), startHref: paths.signIn }))
    }
    setSessionCookie(parts.cookies, reply, hostName, accepted.session)
    dropCookie(reply, parts.cookies.names.state, parts.cookies.secure)
    return reply.redirect(findAskedPage(parts.returnAddresses, request, accepted.target)?.url ?? paths.home, 302)
  })
}

/** Where the portal's cookie counts on this host as well, there is nothing to hand over and so no state. */
function offerState(parts: PortalParts, request: FastifyRequest, reply: FastifyReply): string | null {
  const { cookies } = parts
  if (!cookies.hasOwnToken(entranceOf(parts, request).hostName)) return null
  // Several tabs that want to sign in at once share one state: otherwise only the last could come back.
  const value = stateOf(parts, request) ?? randomBytes(STATE_BYTES).toString('base64url')
  setCookie(reply, { name: cookies.names.state, value, secure: cookies.secure, maxAgeS: STATE_LIFE_S })
  return hashState(value)
}

function stateOf(parts: PortalParts, request: FastifyRequest): string | null {
  const value = readCookie(cookieHeaders(request), parts.cookies.names.state)
  return value !== null && value !== DOUBLED && STATE_PATTERN.test(value) ? value : null
}
