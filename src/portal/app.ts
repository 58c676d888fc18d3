import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import { acceptLiveUpgrades, createLiveUpgrades } from '../admin/live-socket.ts'
import { isLocal } from '../config/values.ts'
import { PosternError } from '../errors.ts'
import { createSignInUrl } from '../login/sign-in-url.ts'
import type { Check } from '../observe/health.ts'
import { opsRoutes } from '../observe/ops-routes.ts'
import type { OpsMetrics } from '../observe/ops-routes.ts'
import type { Context } from '../parts/context.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { autheliaRoutes } from '../verify/authelia-routes.ts'
import { openExpressLane } from '../verify/express/express-lane.ts'
import { createLaneRoutes } from '../verify/express/lane-routes.ts'
import { createGateway } from '../verify/gateway.ts'
import type { Proxy } from '../verify/proxy.ts'
import { DIALECTS, verifyRoutes } from '../verify/routes.ts'
import { createTracedGateway } from '../verify/traced-gateway.ts'
import { requireAccessDeclarations } from '../web/access.ts'
import { requestIdOf } from '../web/client.ts'
import { entranceConstraint } from '../web/entrance-constraint.ts'
import type { Constraints } from '../web/entrance-constraint.ts'
import { followLanguageLinks } from '../web/language-choice.ts'
import { readQuery } from '../web/query.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { acceptSetCookie } from '../web/set-cookie.ts'
import { makePlainServer } from '../web/tls.ts'
import { ownProgram } from './console.ts'
import { portalFailure } from './failure.ts'
import { guardRoutes } from './guard.ts'
import type { GuardParts } from './guard.ts'
import { plainServer, portalServer } from './http-servers.ts'
import type { ServerFactory } from './http-servers.ts'
import { createPortalOrigins } from './origin.ts'
import { appHostRoutes, assetsAnywhere, callerParts, portalRoutes } from './routes.ts'
import { tracePortal } from './traced.ts'

const MAX_BODY_BYTES = 16_384

/** Everything a person or program calls on the portal listener; with an upstream all else goes to the app. */
export function createPortalApp(
  context: Context,
  proxy: Proxy | null,
  program = ownProgram(context),
  make = makePlainServer,
): FastifyInstance {
  const { portalParts: portal } = context
  const { secure } = portal.cookies
  const { entrances } = portal
  const origins = createPortalOrigins(portal)
  const fail = portalFailure(context, origins)
  const live = createLiveUpgrades(`${entrances.portal.paths.base}/api/v2/events`)
  const app = createApp(portalServer(proxy, live, make), (error, request, reply) => fail(error, request, reply), {
    constraints: entranceConstraint(entrances),
    genReqId: (request) => requestIdOf(portal, request),
  })
  if (context.tracing !== null) tracePortal(app, { tracing: context.tracing, ...portal })
  origins.begin(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(portalHeaders({ secure }))
    // The page that says "wrong address" has its style from here as well.
    if (request.url.startsWith(`${entrances.portal.paths.assets}/`)) return
    if (entrances.of(request.raw) === null) throw new PosternError('wrong_host')
  })
  const policy = (): CompiledPolicy => context.policies.current()
  const onVisitor: GuardParts['onVisitor'] = (request, visitor) => origins.seen(request, visitor)
  const callers = callerParts(context)
  guardRoutes(app, { portal, callers, rateLimits: context.rateLimits, metrics: context.metrics, onVisitor, policy })
  origins.follow(app)
  followLanguageLinks(app, portal)
  app.addHook('onResponse', async (request, reply) => {
    const { id: requestId, method, routeOptions } = request
    context.metrics.answered('portal', routeOptions.url, reply.statusCode, reply.elapsedTime / 1_000)
    context.log.debug(
      { requestId, method, route: routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime },
      'answered',
    )
  })
  app.setErrorHandler(fail)
  app.setNotFoundHandler(() => {
    throw new PosternError('not_found')
  })
  acceptOwnBodies(app)
  acceptSetCookie(app)
  acceptLiveUpgrades(app, live)
  portalRoutes(app, context, program)
  appHostRoutes(app, context)
  assetsAnywhere(app, context)
  return app
}

/** The verify listener: dialects and nothing else. */
export function createVerifyApp(context: Context, make = makePlainServer): FastifyInstance {
  const app = createApp((handler) => plainServer(handler, make), unroutable(403))
  // Before a body would be looked at, whatever type it says it has.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const onlyMethod =
      /^\/verify\/[a-z-]+(\/app\/[^/?]+)?(\?|$)/.test(request.url) && !['GET', 'HEAD'].includes(request.method)
    return reply.code(onlyMethod ? 405 : 404).send()
  })
  const { verifyListen: listen, autheliaPaths, expressLane } = context.config
  const { gatewayParts, tracing } = context
  const gateway = tracing === null ? createGateway(gatewayParts) : createTracedGateway(gatewayParts, tracing)
  verifyRoutes(app, gateway, listen)
  if (expressLane === 'auto' && isLocal(listen)) {
    const lane = openExpressLane(app.server, { gateway, findRoute: createLaneRoutes(DIALECTS), listen })
    app.addHook('preClose', async () => lane.close())
  }
  if (autheliaPaths) autheliaRoutes(app, { gateway, listen, signInUrl: createSignInUrl(context.portalParts) })
  return app
}

/** What operators and their monitoring ask. */
export function createOpsApp(metrics: OpsMetrics, checks: Readonly<Record<string, Check>>): FastifyInstance {
  const app = createApp(plainServer, unroutable(400))
  opsRoutes(app, { checks, metrics })
  return app
}

/** Ids that no other process has: a random beginning and a counter, at a tenth of the cost of random ones. */
function createRequestIds(): () => string {
  const beginning = randomBytes(6).toString('hex')
  let count = 0
  return () => `${beginning}-${(++count).toString(36)}`
}

type OnUnroutable = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply
/** @param onUnroutable answers a path that no route can be looked up for, such as `/%zz`, without telling it back */
function createApp(
  serverFactory: ServerFactory,
  onUnroutable: OnUnroutable,
  own: { readonly constraints?: Constraints; readonly genReqId?: (request: IncomingMessage) => string } = {},
): FastifyInstance {
  const options: FastifyServerOptions = {
    serverFactory: (handler) => {
      const server = serverFactory(handler)
      // Node would drop those over 2,000 unseen, and with them what must be refused; their bytes are bounded already.
      server.maxHeadersCount = 0
      return server
    },
    frameworkErrors: (error, request, reply) => void onUnroutable(error, request, reply),
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: false,
    exposeHeadRoutes: false,
    genReqId: own.genReqId ?? createRequestIds(),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    return503OnClosing: false,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 128,
      querystringParser: readQuery,
      constraints: own.constraints ?? {},
    },
  }
  const app = Fastify(options)
  requireAccessDeclarations(app)
  return app
}

function unroutable(status: 400 | 403): OnUnroutable {
  return (_error, _request, reply) => reply.code(status).header('cache-control', 'no-store').send()
}

/** Bodies come to the handlers as bytes, which read them strictly; no other content type is taken. */
function acceptOwnBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  }
}
