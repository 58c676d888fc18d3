import { Duplex } from 'node:stream'

/** What the program tells the worker. One connection lives at a time: a new one ends the one before. */
export type ToWorker =
  | { readonly kind: 'open'; readonly connection: number }
  | { readonly kind: 'send'; readonly connection: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'stop' }

/** What the worker tells the program. After `failed` it ends. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'receive'; readonly connection: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly reason: string }

/** The part of a worker that streams need. */
export interface WorkerPort {
  postMessage(message: ToWorker, transfer: ArrayBuffer[]): void
}

type Done = (error?: Error | null) => void

/** One connection to the embedded database, in the shape that `pg` expects of a socket. */
export class EmbeddedStream extends Duplex {
  readonly connection: number
  readonly #port: WorkerPort

  constructor(port: WorkerPort, connection: number) {
    super()
    this.#port = port
    this.connection = connection
  }

  connect(): this {
    this.#port.postMessage({ kind: 'open', connection: this.connection }, [])
    process.nextTick(() => this.emit('connect'))
    return this
  }

  /** Bytes of the server's answer. */
  receive(bytes: Uint8Array): void {
    if (!this.destroyed) this.push(bytes)
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send([chunk])
    done()
  }

  // `pg` corks the parts of a statement: they travel as one message.
  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this.#send(chunks.map(({ chunk }) => chunk))
    done()
  }

  override _final(done: Done): void {
    this.push(null)
    done()
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  #send(chunks: Uint8Array[]): void {
    // Copied into a buffer of its own: a pooled one would be cloned whole, 8 KiB for a statement of 100 bytes.
    const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
    chunks.reduce((offset, chunk) => (bytes.set(chunk, offset), offset + chunk.length), 0)
    this.#port.postMessage({ kind: 'send', connection: this.connection, bytes }, [bytes.buffer])
  }
}
