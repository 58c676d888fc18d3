import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Duplex } from 'node:stream'

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

/**
 * An app that knows nothing of Postern: answers every request with it as JSON, and an upgrade by `101` and every byte
 * that follows.
 */
export async function startEchoApp(t: TestContext): Promise<EchoApp> {
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
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade ?? ''}\r\nConnection: Upgrade\r\n\r\n`,
    )
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
