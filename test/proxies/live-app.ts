import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Cleanup } from '../support/database.ts'
import type { EchoApp, EchoedRequest } from '../support/echo-app.ts'

/** What a server adds to a WebSocket's key (RFC 6455, 1.3). */
const WEBSOCKET_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Echoes as the app of `echo-app.ts` does, and shakes hands for a WebSocket in full: HAProxy looks at the answer. */
export async function startLiveApp(t: Cleanup): Promise<EchoApp> {
  const requests: EchoedRequest[] = []
  const server = createServer({ maxHeaderSize: 131_072 }, (request, response) => {
    void echo(request).then((echoed) => {
      requests.push(echoed)
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(echoed))
    })
  })
  const upgraded = new Set<Duplex>()
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

function handshake({ headers }: IncomingMessage): string {
  const key = headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1')
    .update(key + WEBSOCKET_ID)
    .digest('base64')
  const lines = [`Upgrade: ${headers.upgrade ?? ''}`, 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}

async function echo(request: IncomingMessage): Promise<EchoedRequest> {
  // Of a visitor who went away, what came until then doesn't count.
  const body = await buffer(request).catch(() => Buffer.alloc(0))
  return describe(request, body.length)
}

function describe({ method = '', url = '', rawHeaders }: IncomingMessage, bodyBytes: number): EchoedRequest {
  return { method, url, rawHeaders, bodyBytes }
}
