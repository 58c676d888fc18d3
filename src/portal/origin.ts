import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { withOrigin } from '../observe/origin.ts'
import type { Origin } from '../observe/origin.ts'
import { clientOf } from '../web/client.ts'
import type { ClientParts } from '../web/client.ts'

/** What is known of each request of the portal while it is answered. */
export interface PortalOrigins {
  /** Adds the hooks by which all that a request causes has its origin; the last hooks before the handlers. */
  begin(app: FastifyInstance): void
  follow(app: FastifyInstance): void
  /** Remembers who asks, once that is known. */
  seen(request: FastifyRequest, visitor: Principal): void
  of(request: FastifyRequest): Origin & { readonly visitor: Principal | null }
}

export function createPortalOrigins(parts: ClientParts): PortalOrigins {
  const visitors = new WeakMap<FastifyRequest, Principal>()
  const of: PortalOrigins['of'] = (request) => {
    const visitor = visitors.get(request) ?? null
    const { id: requestId } = request
    return { ...whence(parts, request), requestId, signInId: visitor?.signInId ?? null, command: null, visitor }
  }
  return {
    begin(app) {
      app.addHook('onRequest', (request, reply, done) => {
        reply.header('x-request-id', request.id)
        withOrigin(of(request), done)
      })
    },
    // Once more where the sign-in is known, and since what waited for the body comes from elsewhere.
    follow(app) {
      app.addHook('preHandler', (request, _reply, done) => withOrigin(of(request), done))
    },
    seen: (request, visitor) => void visitors.set(request, visitor),
    of,
  }
}

/** What a proxy says that can't be read is refused where it matters. */
function whence(parts: ClientParts, request: FastifyRequest): { address: string | null; userAgent: string } {
  try {
    return clientOf(parts, request)
  } catch (error) {
    if (error instanceof PosternError) return { address: null, userAgent: '' }
    throw error
  }
}
