import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { LiveSocket } from './live-connections.ts'

/** Upgrades that are for the console's events; all others are none of ours. */
export interface LiveUpgrades {
  readonly isOurs: (request: IncomingMessage) => boolean
  /** Emits `upgrade` as a server does. */
  readonly emitter: EventEmitter
}

/** @param path of the one route that takes them, such as `/.postern/api/v2/events` */
export function createLiveUpgrades(path: string): LiveUpgrades {
  return {
    isOurs: ({ method, headers, url = '' }) =>
      method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && url.split('?', 1)[0] === path,
    emitter: new EventEmitter(),
  }
}

/**
 * Lets routes of this app be WebSockets: without compression, and of messages that clients send none is read. To be
 * called before any route. Whoever opens connections closes them.
 */
export function acceptLiveUpgrades(app: FastifyInstance, { emitter, isOurs }: LiveUpgrades): void {
  // The library ends what it answered itself, but not what a hook before its own refused: nobody else has that socket.
  app.addHook('onResponse', async ({ raw }) => {
    if (isOurs(raw)) raw.socket.destroySoon()
  })
  app.register(websocket, {
    options: { server: emitter as never, perMessageDeflate: false, maxPayload: 1, clientTracking: false },
    errorHandler: (_error, socket: LiveSocket) => socket.terminate(),
    preClose: (done) => {
      emitter.removeAllListeners('upgrade')
      done()
    },
  })
}

/** The one route. @param mayOpen throws for whoever may not */
export function liveRoute(
  app: FastifyInstance,
  path: string,
  { mayOpen, open }: { mayOpen: (request: FastifyRequest) => Promise<void>; open: OpenLive },
): void {
  app.route({
    method: 'GET',
    url: path,
    config: { access: 'signed_in', takesTokens: true },
    websocket: true,
    preHandler: mayOpen,
    handler: (socket: LiveSocket, request: FastifyRequest) => open(socket, request),
  } as never)
}

export type OpenLive = (socket: LiveSocket, request: FastifyRequest) => void
