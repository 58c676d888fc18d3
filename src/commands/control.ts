import { chmodSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { OperatorError } from '../errors.ts'
import { removeStaleSocket } from '../web/listen.ts'
import type { Arguments, CommandResult } from './command.ts'

/** A command as it travels to the server that owns the embedded database. */
export interface Order {
  readonly command: string
  readonly given: Arguments
  /** The system's user who gave it. */
  readonly operator?: string
}

/** How a command ended: what it gives, or the sentence and exit code of an OperatorError. */
export type Reply = { readonly result: CommandResult } | { readonly refusal: string; readonly exitCode: 1 | 2 }

const MAX_ORDER_BYTES = 4 * 1024 * 1024

/** Runs orders one connection each, a JSON document either way. */
export async function openControlSocket(path: string, run: (order: Order) => Promise<Reply>): Promise<Server> {
  await removeStaleSocket(path)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    void answer(socket, run)
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(path, done))
  chmodSync(path, 0o600)
  return server
}

/** Whether a server runs that takes orders. */
export async function answersOrders(path: string): Promise<boolean> {
  const socket = await connectTo(path)
  socket?.destroy()
  return socket !== null
}

/** Sends an order to the running server; null when none runs. */
export async function sendOrder(path: string, order: Order): Promise<Reply | null> {
  const socket = await connectTo(path)
  if (socket === null) return null
  socket.end(JSON.stringify(order))
  const reply = await text(socket)
  if (reply === '') throw new OperatorError('The running server broke off. Its log says why.')
  return JSON.parse(reply) as Reply
}

function connectTo(path: string): Promise<Socket | null> {
  return new Promise((done, fail) => {
    const socket = connect({ path, allowHalfOpen: true }, () => done(socket))
    socket.once('error', (error) => {
      if ('code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')) done(null)
      else fail(error)
    })
  })
}

async function answer(socket: Socket, run: (order: Order) => Promise<Reply>): Promise<void> {
  try {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_ORDER_BYTES) return void socket.destroy()
      chunks.push(chunk)
    }
    const order = JSON.parse(Buffer.concat(chunks).toString()) as Order
    socket.end(JSON.stringify(await run(order)))
  } catch {
    socket.destroy()
  }
}
