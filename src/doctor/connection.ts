import { connect as connectPlain } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readReply } from './reply.ts'
import type { Reply } from './reply.ts'

/** Where bytes go. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** Name that TLS asks for, or null for none. */
  readonly servername: string | null
  /** Takes any certificate. */
  readonly insecure: boolean
}

/** No connection, or none that TLS accepts; no answer in time, or none that is HTTP. */
export type Silence = { readonly fault: 'no_connection' | 'no_answer'; readonly reason: string }

const CONNECT_MS = 5_000
const ANSWER_MS = 10_000
/** What follows in a longer answer is not looked at. */
const MAX_BYTES = 1_048_576

/** Sends bytes as they are, on a connection of their own, and reads one answer. Never rejects. */
export async function exchange(endpoint: Endpoint, bytes: string | Buffer): Promise<Reply | Silence> {
  const { promise, resolve } = Promise.withResolvers<Reply | Silence>()
  const socket = open(endpoint)
  let received = ''
  let isOpen = false
  const finish = (outcome: Reply | Silence): void => {
    socket.destroy()
    resolve(outcome)
  }
  const silent = (reason: string): void => finish({ fault: isOpen ? 'no_answer' : 'no_connection', reason })
  socket.setTimeout(CONNECT_MS, () => silent('it took too long'))
  socket.once(endpoint.servername === null ? 'connect' : 'secureConnect', () => {
    isOpen = true
    socket.setTimeout(ANSWER_MS)
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  })
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    const reply = readReply(received, received.length > MAX_BYTES)
    if (reply !== null) finish(reply)
  })
  const end = (reason: string): void => {
    const reply = readReply(received, true)
    if (reply === null) silent(reason)
    else finish(reply)
  }
  // A proxy may refuse a body and close while it is still being sent: what it said before counts.
  socket.on('error', (error) => end(error.message))
  socket.on('close', () => end('the connection was closed'))
  return promise
}

function open({ host, port, servername, insecure }: Endpoint): Socket {
  if (servername === null) return connectPlain({ host, port })
  return connectTls({ host, port, servername, rejectUnauthorized: !insecure, ALPNProtocols: ['http/1.1'] })
}
