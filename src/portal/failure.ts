import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventType } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Context } from '../parts/context.ts'
import type { Paths } from '../web/entrance.ts'
import { createFailureHandler } from '../web/failure.ts'
import { portalHeaders } from '../web/security-headers.ts'
import type { PortalOrigins } from './origin.ts'

type FailureHandler = ReturnType<typeof createFailureHandler>

/** What is written down of requests that were refused. */
const REFUSALS: Partial<Record<ErrorCode, EventType>> = {
  forbidden: 'permission_refused',
  proof_needed: 'proof_refused',
  cross_site_request: 'cross_site_refused',
  rate_limited: 'rate_limited',
}

/** Errors on the portal's host lead back to the portal, those on an app's host to the app. */
export function portalFailure(context: Context, origins: PortalOrigins): FailureHandler {
  const { entrances, cookies, look } = context.portalParts
  const { log, config } = context
  const failAt = ({ assets, base }: Paths, homeHref: string): FailureHandler =>
    createFailureHandler({ log, look, cookies, assetBase: assets, homeHref, apiPrefix: `${base}/api/` })
  const atPortal = failAt(entrances.portal.paths, config.publicUrl.href)
  return (error, request, reply) => {
    noteRefusal(context, origins, { error, request })
    const entrance = entrances.of(request.raw)
    const fail =
      entrance === null || entrance.kind === 'portal' ? atPortal : failAt(entrance.paths, entrance.paths.home)
    return fail(error, request, withHeaders(reply, request, cookies.secure))
  }
}

/** A path that no route can be looked up for was not seen by the hooks. */
function withHeaders(reply: FastifyReply, { id }: FastifyRequest, secure: boolean): FastifyReply {
  return reply.headers(portalHeaders({ secure })).header('x-request-id', id)
}

/** Nothing came of the request, so nobody waits until that is written. */
function noteRefusal(
  { events, log }: Pick<Context, 'events' | 'log'>,
  origins: PortalOrigins,
  { error, request }: { error: unknown; request: FastifyRequest },
): void {
  const type = error instanceof PosternError ? REFUSALS[error.code] : undefined
  if (type === undefined) return
  const { visitor, signInId, address, userAgent, requestId } = origins.of(request)
  const actor = visitor === null ? null : { userId: visitor.userId, login: visitor.login }
  const about = { actor, ...(signInId !== null && { signInId }), address, userAgent, requestId }
  // Of what has no route a stranger chose the path.
  const resource = `route:${request.method} ${request.routeOptions.url ?? 'unknown'}`
  events
    .note({ type, result: 'failure', resource, ...about })
    .catch((failure: unknown) => log.warn({ err: failure, requestId }, 'a refusal is not written down'))
}
