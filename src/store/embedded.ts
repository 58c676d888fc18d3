import { mkdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { OperatorError } from '../errors.ts'
import type { PooledDatabase } from './database.ts'
import { EmbeddedStream } from './embedded-stream.ts'
import type { FromWorker } from './embedded-stream.ts'
import { openOverStream } from './postgres.ts'
import type { OnStatement } from './run-statements.ts'

export interface EmbeddedOptions {
  /** Where the database lives, in the folder `db`. The caller holds its lock (`directory-lock.ts`). */
  readonly directory: string
  /** Told that the database has stopped though nobody closed it; every call fails from then on. */
  readonly onExit: (error: Error) => void
  /** As of `PoolOptions`. */
  readonly onStatement?: OnStatement | undefined
}

// A caller waits here for all who came before: there is one connection.
const CONNECT_TIMEOUT_MS = 10_000

/**
 * The embedded PostgreSQL, in a thread of its own, over one connection; each commit waits for the disk.
 * @throws OperatorError when it doesn't start
 */
export async function openEmbedded({ directory, onExit, onStatement }: EmbeddedOptions): Promise<PooledDatabase> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const server = await startServer(directory, onExit)
  const database = openOverStream(server.openStream, { poolSize: 1, connectTimeoutMs: CONNECT_TIMEOUT_MS, onStatement })
  return {
    query: (statement, ...params) => database.query(statement, ...params),
    transaction: (work) => database.transaction(work),
    withConnection: (work) => database.withConnection(work),
    poolUse: () => database.poolUse(),
    close: async () => {
      await database.close()
      await server.stop()
    },
  }
}

async function startServer(directory: string, onExit: (error: Error) => void): Promise<EmbeddedServer> {
  const server = new EmbeddedServer(directory)
  const failure = await server.started
  if (!failure) {
    void server.failed.then(onExit)
    return server
  }
  const advice = 'If it was made by another version, restore a backup of that version.'
  const message = `The embedded database in ${directory} did not start: ${failure.message}. ${advice}`
  throw new OperatorError(message, 1, { cause: failure })
}

class EmbeddedServer {
  /** Null once the database answers, or why it doesn't. */
  readonly started: Promise<Error | null>
  /** Resolves when the worker ends without having been asked to. */
  readonly failed: Promise<Error>
  readonly #worker: Worker
  readonly #ended: Promise<void>
  #stream: EmbeddedStream | null = null
  #connections = 0
  #stopping = false
  #failure: Error | null = null

  constructor(directory: string) {
    const started = Promise.withResolvers<Error | null>()
    const failed = Promise.withResolvers<Error>()
    const ended = Promise.withResolvers<undefined>()
    this.started = started.promise
    this.failed = failed.promise
    this.#ended = ended.promise
    this.#worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData: { directory } })
    this.#worker.on('message', (message: FromWorker) => this.#receive(message, () => started.resolve(null)))
    this.#worker.on('error', (error: Error) => this.#fail(error))
    this.#worker.on('exit', () => {
      ended.resolve(undefined)
      if (this.#stopping) return
      const failure = this.#fail(new Error('its thread ended'))
      started.resolve(failure)
      failed.resolve(failure)
    })
  }

  /** A connection, which ends the one before. */
  readonly openStream = (): EmbeddedStream => {
    this.#connections += 1
    this.#stream = new EmbeddedStream(this.#worker, this.#connections)
    if (this.#failure) this.#stream.destroy(this.#failure)
    return this.#stream
  }

  /** Writes everything out and ends the thread. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#worker.postMessage({ kind: 'stop' }, [])
    await this.#ended
  }

  #receive(message: FromWorker, ready: () => void): void {
    switch (message.kind) {
      case 'ready':
        return ready()
      case 'receive':
        if (message.connection === this.#stream?.connection) this.#stream.receive(message.bytes)
        return
      case 'failed':
        this.#fail(new Error(message.reason))
    }
  }

  // The first reason is the true one: an 'exit' follows each.
  #fail(error: Error): Error {
    this.#failure ??= Object.assign(new Error(error.message, { cause: error }), { code: 'ECONNRESET' })
    this.#stream?.destroy(this.#failure)
    return this.#failure
  }
}
