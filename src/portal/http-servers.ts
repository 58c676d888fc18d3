import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { LiveUpgrades } from '../admin/live-socket.ts'
import { PORTAL_PATH } from '../config/settings.ts'
import type { Proxy } from '../verify/proxy.ts'
import { makePlainServer } from '../web/tls.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void
/** Makes the server that hands its requests to a handler. */
export type ServerFactory = (handler: Handler) => Server

const HTTP_LIMITS = {
  maxHeaderSize: 65_536,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2_000,
}

/**
 * More than a proxy's workers ask at one time, when each answer takes milliseconds; with 64 KiB unread and as much
 * unsent on each, they hold 0.5 GB at the very most.
 */
const MAX_PLAIN_CONNECTIONS = 4_096

/** A server of ours alone. */
export function plainServer(handler: Handler, make = makePlainServer): Server {
  const server = make(HTTP_LIMITS, (request, response) => {
    endAfterUpgrade(request, response)
    handler(request, response)
  })
  server.maxConnections = MAX_PLAIN_CONNECTIONS
  return server
}

/** In proxy mode every path but ours is the app's. */
export function portalServer(proxy: Proxy | null, live: LiveUpgrades, make = makePlainServer): ServerFactory {
  return (handler) => {
    const isPortal = ({ url = '' }: IncomingMessage): boolean => {
      const [path = ''] = url.split('?', 1)
      return path === PORTAL_PATH || path.startsWith(`${PORTAL_PATH}/`)
    }
    const options = { ...HTTP_LIMITS, ...upgradeOptions(proxy, (request) => !isPortal(request), live) }
    const server = make(options, (request, response) => {
      endAfterUpgrade(request, response)
      if (proxy !== null && !isPortal(request)) return proxy.request(request, response, handler)
      boundReading(request)
      handler(request, response)
    })
    server.on('upgrade', (request, socket, head) => {
      if (live.isOurs(request)) {
        if (!live.emitter.emit('upgrade', request, socket, head)) socket.destroy()
        return
      }
      proxy?.upgrade(request, socket, head)
    })
    return server
  }
}

/**
 * Only WebSockets leave HTTP: the console's own, and in proxy mode those to the app. Any other protocol, such as h2c,
 * would bring requests past us that nobody judged, so such a request stays an ordinary one. In proxy mode an upload may
 * take its time as well.
 */
function upgradeOptions(
  proxy: Proxy | null,
  isForApp: (request: IncomingMessage) => boolean,
  { isOurs }: LiveUpgrades,
): ServerOptions {
  const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket'
  if (proxy === null) return { shouldUpgradeCallback: isOurs }
  const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
    isOurs(request) || (isWebSocket(request) && isForApp(request))
  return { requestTimeout: 0, shouldUpgradeCallback }
}

/**
 * node:http loses what came in one piece with a request for another protocol that it stays out of; the next answer would
 * be taken for that of the request that was lost, so there is none.
 */
function endAfterUpgrade({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.upgrade !== undefined && /upgrade/i.test(headers.connection ?? '')) response.shouldKeepAlive = false
}

/** In proxy mode an upload to the app may take its time; what is sent to the portal may not. */
function boundReading(request: IncomingMessage): void {
  const timer = setTimeout(() => request.destroy(), HTTP_LIMITS.requestTimeout)
  request.once('close', () => clearTimeout(timer))
}
