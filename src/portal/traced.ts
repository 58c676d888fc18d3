import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import type { Networks } from '../lib/address.ts'
import type { Span, Tracing } from '../observe/traces.ts'
import { traceParentOf } from '../verify/trace-headers.ts'
import { peerAddress } from '../web/peer.ts'

interface PortalParts {
  readonly tracing: Tracing
  readonly listen: ListenAddress
  readonly trustedProxies: Networks
}

/** Spans for what people and programs ask of the portal, named after the route and never after what was asked. */
export function tracePortal(app: FastifyInstance, { tracing, listen, trustedProxies }: PortalParts): void {
  const spans = new WeakMap<FastifyRequest, Span>()
  const callers = { trustedProxies, secrets: null }
  app.addHook('onRequest', (request, _reply, done) => {
    const { rawHeaders, socket } = request.raw
    const parent = traceParentOf(callers, { rawHeaders, peer: peerAddress(socket, listen) })
    const span = tracing.begin({ name: nameOf(request), kind: 'answers' }, parent)
    if (span === null) return done()
    spans.set(request, span)
    tracing.within(span, done)
  })
  // What follows a body runs where the connection was opened, which may have been for another request.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else tracing.within(span, done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)
    span?.tell({ 'http.response.status_code': reply.statusCode })
    if (reply.statusCode >= 500) span?.fail(String(reply.statusCode))
    span?.end()
    done()
  })
}

function nameOf({ method, routeOptions: { url } }: FastifyRequest): string {
  return `${method} ${url ?? '(no page)'}`
}
