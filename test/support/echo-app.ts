import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Cleanup } from './directories.ts'

/** A request as it arrived; `rawHeaders` alternates names and values, as they were written. */
export interface EchoedRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly bodyBytes: number
}

export interface EchoApp {
  readonly port: number
  /** As nginx and `POSTERN_UPSTREAM` hosts take it: `127.0.0.1:1`. */
  readonly address: string
  /** Everything that arrived, oldest first. */
  readonly requests: readonly EchoedRequest[]
  readonly stop: () => Promise<void>
}

/** What a server adds to a WebSocket's key (RFC 6455, 1.3). */
const WEBSOCKET_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/**
 * An app that knows nothing of Postern: answers every request with it as JSON, and an upgrade by `101` and every byte
 * that follows.
 */
export async function startEchoApp(t: Cleanup): Promise<EchoApp> {
  const requests: EchoedRequest[] = []
  const upgraded = new Set<Duplex>()
  const server = createServer({ maxHeaderSize: 131_072 }, (request, response) => {
    void echo(request).then((echoed) => {
      requests.push(echoed)
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(echoed))
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    requests.push(describe(request, 0))
    upgraded.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write(handshake(request))
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    for (const socket of upgraded) socket.destroy()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  t.after(stop)
  const { port } = server.address() as AddressInfo
  return { port, address: `127.0.0.1:${port}`, requests, stop }
}

/** All values of one header, by its exact name in any letter case. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, place) => place % 2 === 1 && rawHeaders[place - 1]?.toLowerCase() === name.toLowerCase())
}

/** In full, since HAProxy looks at the answer. */
function handshake({ headers }: IncomingMessage): string {
  const key = headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1')
    .update(key + WEBSOCKET_ID)
    .digest('base64')
  const lines = [`Upgrade: ${headers.upgrade ?? ''}`, 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}

async function echo(request: IncomingMessage): Promise<EchoedRequest> {
  let bodyBytes = 0
  try {
    for await (const chunk of request) bodyBytes += (chunk as Buffer).length
  } catch {
    // The visitor went away; what came until then still counts.
  }
  return describe(request, bodyBytes)
}

function describe(request: IncomingMessage, bodyBytes: number): EchoedRequest {
  return { method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders, bodyBytes }
}
