import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ListenAddress } from '../config/values.ts'
import { peerAddress } from '../web/peer.ts'
import type { Answer } from './answer.ts'
import type { Dialect } from './dialects/dialect.ts'
import type { Gateway } from './gateway.ts'

/** What a verify URL says besides its dialect; both empty where it says nothing. */
export interface Asked {
  readonly appName: string | null
  readonly target: string
}

/** Answers one verify request past the framework, which writes nothing of its own to it. */
export type Serve = (request: FastifyRequest, reply: FastifyReply, asked: Asked) => Promise<void>

/** To be called before a body would be read: there is none that we want. */
export function createServe(gateway: Gateway, dialect: Dialect, listen: ListenAddress): Serve {
  return async ({ raw }, reply, asked) => {
    reply.hijack()
    const { rawHeaders, method = '' } = raw
    // Whatever happens from here on, what has not been decided is a no.
    reply.raw.statusCode = 403
    const answer = gateway(dialect, { rawHeaders, method, peer: peerAddress(raw.socket, listen), ...asked })
    send(raw, reply.raw, answer instanceof Promise ? await answer : answer)
  }
}

/** A body that was announced is never read, so nothing more may be read from that connection either. */
function send(message: IncomingMessage, response: ServerResponse, { status, headers, identity, body }: Answer): void {
  const announcesBody =
    message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) !== 0
  response.writeHead(status, [...headers, ...identity, ...(announcesBody ? ['Connection', 'close'] : [])])
  response.end(body)
}
