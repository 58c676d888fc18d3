import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { holdsPermission } from '../policies/holds.ts'
import type { ConsoleParts } from './console.ts'
import type { LiveType } from './live-events.ts'
import { createLiveHub, liveTypesFor } from './live-hub.ts'
import type { LiveHubParts } from './live-hub.ts'
import { liveRoute } from './live-socket.ts'

export interface LiveParts extends LiveHubParts, Pick<ConsoleParts, 'entrances'> {
  /** Who asks, by the session cookie or an API token; null for nobody. */
  readonly findCaller: (request: FastifyRequest) => Promise<Principal | null>
}

interface Opening {
  readonly principal: Principal
  readonly types: readonly LiveType[]
}

/** How long whoever has too many of them open should wait. */
const RETRY_S = 30

/** `/api/v2/events`: tells over a WebSocket what happens, to whoever may see it in the console. */
export function liveRoutes(app: FastifyInstance, parts: LiveParts): void {
  const hub = createLiveHub(parts)
  const openings = new WeakMap<FastifyRequest, Opening>()
  app.addHook('preClose', async () => hub.close())
  liveRoute(app, '/api/v2/events', {
    async mayOpen(request) {
      if (!request.ws) throw new PosternError('not_found')
      const principal = await parts.findCaller(request)
      if (principal === null) throw new PosternError('not_signed_in')
      refuseOtherOrigins(parts, request, principal)
      const types = liveTypesFor((permission) => holdsPermission(parts.policy(), principal, permission))
      if (types.length === 0) throw new PosternError('forbidden')
      if (!hub.hasRoom(principal.userId))
        throw new PosternError('rate_limited', 'live connections', { retryAfterS: RETRY_S })
      openings.set(request, { principal, types })
    },
    open(socket, request) {
      const opening = openings.get(request)
      if (opening === undefined) return socket.terminate()
      const { principal, types } = opening
      hub.add(socket, { userId: principal.userId, id: principal.signInId }, types)
    },
  })
}

/**
 * A browser sends cookies with a WebSocket that any page opens, and always its origin with it: with a cookie it has to
 * be there and ours (RFC 6455, 10.2). No page can send a token.
 */
function refuseOtherOrigins(
  { entrances }: Pick<LiveParts, 'entrances'>,
  { raw }: FastifyRequest,
  { via }: Principal,
): void {
  const origins = raw.headersDistinct['origin'] ?? []
  if (origins.length === 0 && via !== undefined) return
  if (origins.length !== 1 || origins[0] !== entrances.portal.origin)
    throw new PosternError('cross_site_request', 'Origin of a WebSocket')
}
