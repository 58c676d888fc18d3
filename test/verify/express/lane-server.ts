import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server, ServerOptions } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { denied, deniedAsPage } from '../../../src/verify/answer.ts'
import type { Answer } from '../../../src/verify/answer.ts'
import { openExpressLane } from '../../../src/verify/express/express-lane.ts'
import type { ExpressLane } from '../../../src/verify/express/express-lane.ts'
import { createLaneRoutes } from '../../../src/verify/express/lane-routes.ts'
import { DIALECTS } from '../../../src/verify/routes.ts'
import { temporaryDirectory } from '../../support/directories.ts'
import type { Cleanup } from '../../support/directories.ts'

/** A lane in front of a server of node:http; both answer with the `X-Id` that they were asked with. */
export interface LaneServer {
  readonly server: Server
  readonly lane: ExpressLane
  /** What the lane was asked, in that order. */
  readonly asked: readonly string[]
  readonly connect: () => Promise<Client>
}

export interface LaneServerOptions {
  readonly limits?: ServerOptions
  /** Holds up the answer to a request by its id; null gives it at once. */
  readonly hold?: (id: string) => Promise<void> | null
  /** How long the lane's answers are. */
  readonly bodyLength?: number
}

export interface Client {
  readonly socket: Socket
  /** A string is one of bytes. */
  readonly send: (text: string) => void
  /** All that has come so far. */
  readonly received: () => string
  /** Resolves with all that has come once the server has closed. */
  readonly closed: Promise<string>
  /** Resolves once this has come. */
  readonly until: (pattern: RegExp) => Promise<string>
}

/** Opens it on a Unix socket. */
export async function openLaneServer(
  t: Cleanup,
  { limits = {}, hold, bodyLength = 0 }: LaneServerOptions = {},
): Promise<LaneServer> {
  const path = join(await temporaryDirectory(t), 'lane.sock')
  const asked: string[] = []
  const server = createServer({ keepAliveTimeout: 75_000, ...limits }, (request, response) => {
    request.resume()
    response.writeHead(403, { 'X-Id': String(request.headers['x-id']), 'X-By': 'ordinary', 'Content-Length': 0 }).end()
  })
  const gateway = (_dialect: unknown, { rawHeaders }: { rawHeaders: readonly string[] }): Answer | Promise<Answer> => {
    const id = rawHeaders[rawHeaders.indexOf('X-Id') + 1] ?? ''
    asked.push(id)
    const told = ['X-Id', id, 'X-By', 'lane']
    const answer = bodyLength === 0 ? denied(403, told) : deniedAsPage(403, 'x'.repeat(bodyLength), told)
    return hold?.(id)?.then(() => answer) ?? answer
  }
  const listen = { kind: 'unix', path } as const
  const lane = openExpressLane(server, { gateway, findRoute: createLaneRoutes(DIALECTS), listen })
  t.after(async () => {
    lane.close()
    server.closeAllConnections()
    server.close()
  })
  server.listen(path)
  await once(server, 'listening')
  return { server, lane, asked, connect: () => openClient(t, path) }
}

export function laneRequest(id: string | number, more = ''): string {
  return `GET /verify/nginx HTTP/1.1\r\nHost: postern\r\nX-Id: ${id}\r\n${more}\r\n`
}

/** Who answered which requests, such as `lane 1`. */
export function answersIn(received: string): string[] {
  const heads = received.split('HTTP/1.1 ').slice(1)
  return heads.map(
    (head) => `${/^X-By: (\w+)/im.exec(head)?.[1] ?? head.slice(0, 3)} ${/^X-Id: (.*)\r$/im.exec(head)?.[1]}`,
  )
}

async function openClient(t: Cleanup, path: string): Promise<Client> {
  const socket = connect({ path, allowHalfOpen: true })
  t.after(async () => void socket.destroy())
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  socket.on('error', () => undefined).on('end', () => socket.destroy())
  const closed = new Promise<string>((resolve) => void socket.on('close', () => resolve(received)))
  await once(socket, 'connect')
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(received)) await Promise.race([once(socket, 'data'), closed.then(ended)])
    return received
  }
  return { socket, send: (text) => void socket.write(text, 'latin1'), received: () => received, closed, until }
}

function ended(received: string): never {
  throw new Error(`closed after ${JSON.stringify(received)}`)
}
