import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ListenAddress } from '../config/values.ts'
import { peerAddress } from '../web/peer.ts'
import type { Answer } from './answer.ts'
import type { Dialect } from './dialects/dialect.ts'
import { nginx } from './dialects/nginx.ts'
import type { Gateway } from './gateway.ts'
import type { WireRequest } from './wire.ts'

const DIALECTS: Readonly<Record<string, Dialect>> = { nginx }

/** `/verify/<dialect>` and `/verify/<dialect>/app/<name>`: for trusted proxies alone, on a listener of their own. */
export function verifyRoutes(app: FastifyInstance, gateway: Gateway, listen: ListenAddress): void {
  for (const [name, dialect] of Object.entries(DIALECTS)) {
    for (const url of [`/verify/${name}`, `/verify/${name}/app/:app`]) {
      app.route<{ Params: { app?: string } }>({
        method: ['GET', 'HEAD'],
        url,
        config: { access: 'trusted_proxy' },
        handler: async (request, reply) => {
          reply.hijack()
          // Whatever happens from here on, what has not been decided is a no.
          reply.raw.statusCode = 403
          const answer = gateway(dialect, wireRequest(request.raw, request.params.app ?? null, listen))
          send(request.raw, reply.raw, answer instanceof Promise ? await answer : answer)
        },
      })
    }
  }
}

function wireRequest(message: IncomingMessage, appName: string | null, listen: ListenAddress): WireRequest {
  return { rawHeaders: message.rawHeaders, peer: peerAddress(message.socket, listen), appName }
}

/** A body that was announced is never read, so nothing more may be read from that connection either. */
function send(message: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  const announcesBody =
    message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) !== 0
  response.writeHead(status, announcesBody ? [...headers, 'Connection', 'close'] : [...headers])
  response.end(body)
}
