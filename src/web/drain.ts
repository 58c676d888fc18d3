import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

export interface DrainTimes {
  /** How long connections that are kept alive may still bring a request, which is answered by `Connection: close`. */
  readonly lingerMs: number
  /** After which what is still not answered is broken off. */
  readonly overdueMs: number
}

const SWEEP_MS = 100

/**
 * Closes a listener without refusing anybody: what is under way is answered, and a proxy that sends a request at the
 * very moment of the stop gets its answer instead of a closed connection.
 */
export async function drain(app: FastifyInstance, { lingerMs, overdueMs }: DrainTimes): Promise<void> {
  const overdue = setTimeout(() => app.server.closeAllConnections(), overdueMs)
  if (app.server.listening) await lastRequests(app.server, lingerMs)
  // One that is kept alive becomes idle only after its answer.
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
  await app.close()
  clearInterval(sweep)
  clearTimeout(overdue)
}

async function lastRequests(server: Server, lingerMs: number): Promise<void> {
  server.prependListener('request', (_request, response: ServerResponse) => {
    response.shouldKeepAlive = false
  })
  const closed = once(server, 'close')
  // The close of an HTTP server would end idle connections at once.
  NetServer.prototype.close.call(server)
  await Promise.race([closed, delay(lingerMs, undefined, { ref: false })])
}
