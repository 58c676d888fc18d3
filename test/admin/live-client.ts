import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { until } from '../support/until.ts'

export interface Told {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A WebSocket client of a test, which reads what it is sent. */
export interface LiveClient {
  /** What it may hear, by the last message that said so. */
  readonly hello: () => readonly string[]
  /** All it was told since. */
  readonly events: () => readonly Told[]
  /** The code it was closed with; 1006 where there was none. */
  readonly closed: Promise<number>
  readonly send: (text: string) => void
  /** Stops reading, as a browser that hangs. */
  readonly pause: () => void
  readonly resume: () => void
  readonly end: () => void
}

export interface Asking {
  readonly cookie?: string
  readonly origin?: string | readonly string[]
  readonly authorization?: string
  readonly path?: string
  readonly host?: string
}

interface Upgraded {
  readonly status: number
  readonly socket: Socket | null
  readonly head: Buffer
  readonly isOpen: () => boolean
  readonly end: () => void
}

/** Asks for a WebSocket; status 101 says that there is one. */
export async function upgrade(
  port: number,
  { path = '/.postern/api/v2/events', host = 'app.example.com', ...given }: Asking,
): Promise<Upgraded> {
  const asked = request({
    port,
    host: '127.0.0.1',
    path,
    agent: false,
    headers: {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...(given as Record<string, string>),
    },
  })
  asked.on('error', () => undefined)
  asked.end()
  const came = await Promise.race([
    once(asked, 'upgrade').then(([, socket, head]) => ({ socket: socket as Socket, head: head as Buffer })),
    once(asked, 'response').then(([reply]) => reply as IncomingMessage),
  ])
  if (!('head' in came)) {
    came.resume()
    return {
      status: came.statusCode ?? 0,
      socket: null,
      head: Buffer.alloc(0),
      isOpen: () => false,
      end: () => undefined,
    }
  }
  let open = true
  came.socket.on('error', () => undefined)
  came.socket.on('close', () => (open = false))
  came.socket.on('data', (chunk: Buffer) => {
    if (readFrames(chunk).some(({ opcode }) => opcode === 8)) open = false
  })
  return { status: 101, ...came, isOpen: () => open, end: () => came.socket.destroy() }
}

/** A connection that is open and has said hello. */
export async function openLive(port: number, asking: Asking): Promise<LiveClient> {
  const { status, socket, head } = await upgrade(port, asking)
  if (socket === null) throw new Error(`refused with ${status}`)
  const told: Told[] = []
  let bytes = Buffer.alloc(0)
  const closing = Promise.withResolvers<number>()
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk])
    const frames = readFrames(bytes)
    bytes = bytes.subarray(frames.reduce((sum, { size }) => sum + size, 0))
    for (const { opcode, payload } of frames) {
      if (opcode === 1) told.push(JSON.parse(payload.toString()) as Told)
      if (opcode === 8) closing.resolve(payload.readUInt16BE(0))
      if (opcode === 9) socket.write(frame(10, payload))
    }
  }
  take(head)
  socket.removeAllListeners('data')
  socket.on('data', take)
  socket.on('close', () => closing.resolve(1006))
  const hellos = (): readonly Told[] => told.filter(({ type }) => type === 'hello')
  await until('hello', 10_000, () => hellos().length > 0)
  return {
    hello: () => hellos().at(-1)?.data['types'] as string[],
    events: () => told.filter(({ type }) => type !== 'hello'),
    closed: closing.promise,
    send: (text) => void socket.write(frame(1, Buffer.from(text))),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => socket.destroy(),
  }
}

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  readonly size: number
}

/** Whole frames of a server at the beginning of some bytes; servers don't mask (RFC 6455, 5.2). */
function readFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const header = short === 126 ? 4 : short === 127 ? 10 : 2
    if (at + header > bytes.length) break
    const length =
      short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short
    if (at + header + length > bytes.length) break
    const payload = bytes.subarray(at + header, at + header + length)
    frames.push({ opcode: (bytes[at] ?? 0) & 0x0f, payload, size: header + length })
    at += header + length
  }
  return frames
}

/** A frame of a client, masked as it has to be. */
function frame(opcode: number, payload: Buffer): Buffer {
  const mask = createHash('sha256').update(payload).digest().subarray(0, 4)
  const length = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10)
  length[0] = 0x80 | opcode
  length[1] = 0x80 | (payload.length < 126 ? payload.length : payload.length < 65_536 ? 126 : 127)
  if (length.length === 4) length.writeUInt16BE(payload.length, 2)
  if (length.length === 10) length.writeBigUInt64BE(BigInt(payload.length), 2)
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([length, mask, masked])
}
