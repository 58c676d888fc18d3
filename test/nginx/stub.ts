import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { EchoedRequest } from '../support/echo-app.ts'

/**
 * What a stub does with a request: answers, keeps silent, hangs up, lets Alice in once for each connection and then
 * hangs up, or writes something that is no answer.
 */
export type StubAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'silence'
  | 'hang up'
  | 'hang up on reuse'
  | 'garbage'

/** Stands in for the gateway or its portal, and keeps what arrives. */
export interface Stub {
  /** As nginx's `server` takes it. */
  readonly address: string
  readonly requests: readonly EchoedRequest[]
  /** How many connections were opened to it so far. */
  readonly connections: () => number
  readonly answerWith: (answer: StubAnswer) => void
  readonly closeIdle: () => void
  readonly stop: () => Promise<void>
}

/** Answer of a gateway that lets Alice in. */
export const ALICE = {
  status: 200,
  headers: {
    'Remote-User': 'alice',
    'Remote-Email': 'alice@example.com',
    'Remote-Name': 'Alice%20A.',
    'Remote-Groups': 'staff,wiki',
    'Remote-User-Id': '7',
    'X-Postern-Assertion': '',
  },
} as const satisfies StubAnswer

/** Starts a stub on a free port, or on the unix socket of that path. */
export async function startStub(t: TestContext, answer: StubAnswer, socketPath?: string): Promise<Stub> {
  const requests: EchoedRequest[] = []
  let current = answer
  const used = new WeakSet<Socket>()
  let connections = 0
  const server = createServer({ maxHeaderSize: 65_536, keepAliveTimeout: 75_000 }, (request, response) => {
    void receive(request).then((received) => {
      requests.push(received)
      const reused = used.has(request.socket)
      used.add(request.socket)
      give(current === 'hang up on reuse' ? (reused ? 'hang up' : ALICE) : current, request.socket, response)
    })
  })
  server.on('connection', () => connections++)
  server.listen(socketPath === undefined ? { port: 0, host: '127.0.0.1' } : { path: socketPath })
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  t.after(stop)
  return {
    address: socketPath === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${socketPath}`,
    requests,
    connections: () => connections,
    answerWith: (given) => (current = given),
    closeIdle: () => server.closeIdleConnections(),
    stop,
  }
}

async function receive(request: IncomingMessage): Promise<EchoedRequest> {
  let bodyBytes = 0
  for await (const chunk of request) bodyBytes += (chunk as Buffer).length
  return { method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders, bodyBytes }
}

function give(answer: Exclude<StubAnswer, 'hang up on reuse'>, socket: Socket, response: ServerResponse): void {
  if (answer === 'silence') return
  if (answer === 'hang up') return void socket.destroy()
  if (answer === 'garbage') return void socket.end('200 come in\r\n\r\n')
  const body = answer.body ?? ''
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}
