import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Context } from './context.ts'
import type { Check } from './observe/health.ts'
import { PosternError } from './errors.ts'
import { readHost } from './lib/host.ts'
import { loginApiRoutes } from './login/api-routes.ts'
import { firstRunRoutes } from './login/first-run-routes.ts'
import { isSecure, portalPaths, visitorOf } from './login/portal.ts'
import { sessionRoutes } from './login/session-routes.ts'
import { signInRoutes } from './login/sign-in-routes.ts'
import type { Metrics } from './observe/metrics.ts'
import { opsRoutes } from './observe/ops-routes.ts'
import { createGateway } from './verify/gateway.ts'
import type { Proxy } from './verify/proxy.ts'
import { verifyRoutes } from './verify/routes.ts'
import { requireAccessDeclarations } from './web/access.ts'
import { assets } from './web/assets.ts'
import { createFailureHandler } from './web/failure.ts'
import { readQuery } from './web/query.ts'
import { acceptSetCookie } from './web/set-cookie.ts'
import { assetHeaders, portalHeaders } from './web/security-headers.ts'

const MAX_BODY_BYTES = 16_384
const HTTP_LIMITS = {
  maxHeaderSize: 65_536,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2_000,
}

/** Everything a person or program calls on the portal listener; with an upstream all else goes to the app. */
export function createPortalApp(context: Context, proxy: Proxy | null): FastifyInstance {
  const { portalParts: portal, config } = context
  const paths = portalPaths(config.publicUrl)
  const secure = isSecure(config.publicUrl)
  const fail = createFailureHandler({
    log: context.log,
    assetBase: paths.assets,
    homeHref: config.publicUrl.href,
    apiPrefix: `${paths.base}/api/`,
  })
  const app = createApp(portalServer(proxy, paths.base), (error, request, reply) =>
    fail(error, request, reply.headers(portalHeaders({ secure }))),
  )
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(portalHeaders({ secure }))
    const [host = '', ...others] = request.raw.headersDistinct['host'] ?? []
    // The page that says "wrong address" has its style from here as well.
    if (request.url.startsWith(`${paths.assets}/`)) return
    if (others.length > 0 || readHost(host)?.name !== config.publicUrl.hostname) throw new PosternError('wrong_host')
  })
  app.addHook('preHandler', async (request) => {
    if (request.routeOptions.config.access !== 'signed_in') return
    const { principal } = await visitorOf(portal, request)
    if (principal === null) throw new PosternError('not_signed_in')
  })
  app.addHook('onResponse', async (request, reply) => {
    const { id: requestId, method, routeOptions } = request
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
  app.register(
    async (routes) => {
      assetRoutes(routes, secure)
      signInRoutes(routes, portal)
      sessionRoutes(routes, portal)
      firstRunRoutes(routes, portal, context.keys.token)
      loginApiRoutes(routes, portal)
    },
    { prefix: paths.base },
  )
  return app
}

/** The verify listener: dialects and nothing else. */
export function createVerifyApp(context: Context): FastifyInstance {
  const app = createApp(plainServer, unroutable(403))
  // Before a body would be looked at, whatever type it says it has.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const onlyMethod =
      /^\/verify\/[a-z-]+(\/app\/[^/?]+)?(\?|$)/.test(request.url) && !['GET', 'HEAD'].includes(request.method)
    return reply.code(onlyMethod ? 405 : 404).send()
  })
  verifyRoutes(app, createGateway(context.gatewayParts), context.config.verifyListen)
  return app
}

/** What operators and their monitoring ask. */
export function createOpsApp(metrics: Metrics, checks: Readonly<Record<string, Check>>): FastifyInstance {
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
type Handler = (request: IncomingMessage, response: ServerResponse) => void
type ServerFactory = (handler: Handler) => Server

/** @param onUnroutable answers a path that no route can be looked up for, such as `/%zz`, without telling it back */
function createApp(serverFactory: ServerFactory, onUnroutable: OnUnroutable): FastifyInstance {
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
    genReqId: createRequestIds(),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    return503OnClosing: false,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 128,
      querystringParser: readQuery,
    },
  }
  const app = Fastify(options)
  requireAccessDeclarations(app)
  return app
}

function unroutable(status: 400 | 403): OnUnroutable {
  return (_error, _request, reply) => reply.code(status).header('cache-control', 'no-store').send()
}

function plainServer(handler: Handler): Server {
  return createServer(HTTP_LIMITS, handler)
}

/** The portal's own paths go to its routes; in proxy mode every other path is the app's. */
function portalServer(proxy: Proxy | null, base: string): ServerFactory {
  return (handler) => {
    const isPortal = ({ url = '' }: IncomingMessage): boolean => {
      const [path = ''] = url.split('?', 1)
      return path === base || path.startsWith(`${base}/`)
    }
    const options = { ...HTTP_LIMITS, ...(proxy !== null && proxyOptions(isPortal)) }
    const server = createServer(options, (request, response) => {
      if (proxy !== null && !isPortal(request)) return proxy.request(request, response, handler)
      boundReading(request)
      handler(request, response)
    })
    if (proxy !== null) server.on('upgrade', (request, socket, head) => proxy.upgrade(request, socket, head))
    return server
  }
}

/**
 * For proxy mode: an upload may take its time, and only WebSockets to the app leave HTTP; any other protocol, such as
 * h2c, would bring requests past us that nobody judged, so such a request stays an ordinary one.
 */
function proxyOptions(isPortal: (request: IncomingMessage) => boolean): ServerOptions {
  const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket'
  return { requestTimeout: 0, shouldUpgradeCallback: (request) => isWebSocket(request) && !isPortal(request) }
}

/** In proxy mode an upload to the app may take its time; what is sent to the portal may not. */
function boundReading(request: IncomingMessage): void {
  const timer = setTimeout(() => request.destroy(), HTTP_LIMITS.requestTimeout)
  request.once('close', () => clearTimeout(timer))
}

/** Bodies come to the handlers as bytes, which read them strictly; no other content type is taken. */
function acceptOwnBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  }
}

function assetRoutes(app: FastifyInstance, secure: boolean): void {
  for (const { name, contentType, body } of assets()) {
    app.get(`/assets/${name}`, { config: { access: 'anyone' } }, async (_request, reply) =>
      reply.headers(assetHeaders(secure)).type(contentType).send(body),
    )
  }
}
