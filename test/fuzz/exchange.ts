import type { Socket } from 'node:net'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { Door } from './door.ts'
import { piecesOf } from './streams.ts'
import type { Stream } from './streams.ts'

/** What came back, and whether the server ended the connection. */
export interface Exchange {
  /** One character for each byte. */
  readonly received: string
  readonly outcome: 'closed' | 'stuck'
}

/** How the sender waits. */
export interface Patience {
  /** The stream's own pieces, or one request after the other. */
  readonly pieces: 'own' | 'requests'
  /** After each piece, beside some turns of the event loop. */
  readonly pieceMs: number
  /** For the server to close, before the connection is half-closed. */
  readonly quietMs: number
}

/** A connection that is still open then has been forgotten by the server. */
const STUCK_MS = 15_000
/** Of the event loop; a late answer needs three. */
const ANSWER_TURNS = 5

/** Sends a stream in its pieces, and reads until the server closes. */
export async function exchange(door: Door, stream: Stream, patience: Patience): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>()
  const socket = await door.connect()
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  // A server that refuses may close before all was sent.
  socket.on('error', () => undefined).on('end', () => socket.destroy())
  const stuck = setTimeout(() => resolve({ received, outcome: 'stuck' }), STUCK_MS)
  socket.on('close', () => resolve({ received, outcome: 'closed' }))
  await send(socket, stream, patience)
  const exchanged = await promise
  clearTimeout(stuck)
  socket.destroy()
  return exchanged
}

async function send(socket: Socket, stream: Stream, patience: Patience): Promise<void> {
  for (const piece of piecesOf(stream, patience.pieces === 'requests')) {
    if (!socket.destroyed) socket.write(piece, 'latin1')
    await pause(patience.pieceMs, patience.pieces === 'own' ? 1 : ANSWER_TURNS)
  }
  if (stream.ending === 'last_request') await untilQuiet(socket, patience.quietMs)
  socket.end()
}

/** Waits until nothing has come for a while, or the connection is closed. */
async function untilQuiet(socket: Socket, quietMs: number): Promise<void> {
  let bytesRead = -1
  while (!socket.destroyed && socket.bytesRead !== bytesRead) {
    bytesRead = socket.bytesRead
    const closed = Promise.withResolvers<void>()
    const timer = setTimeout(() => closed.resolve(), quietMs)
    socket.once('close', () => closed.resolve())
    await closed.promise
    clearTimeout(timer)
    if (!socket.destroyed) await pause(0, ANSWER_TURNS)
  }
}

/** A process that was held up finds timers due before it reads what came meanwhile, so that time alone proves nothing. */
async function pause(ms: number, turns: number): Promise<void> {
  if (ms > 0) await delay(ms)
  for (let left = turns; left > 0; left--) await turn()
}
