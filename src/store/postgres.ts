import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Client, Pool } from 'pg'
import type { PoolClient, PoolConfig } from 'pg'
import { OperatorError } from '../errors.ts'
import type { Connection, PooledDatabase, PoolUse, Queryable } from './database.ts'
import { createOpenStreams } from './open-streams.ts'
import type { OpenStreams } from './open-streams.ts'
import { createRunner } from './run-statements.ts'
import type { OnStatement, Runner } from './run-statements.ts'
import type { Statement } from './statement.ts'
import { isStoreUnavailable, storeUnavailable, toStoreError } from './unavailable.ts'

export interface PoolOptions {
  /** Connections at most, 25 by default. */
  readonly poolSize?: number
  /** False sends statements without names, for poolers that can't keep them. True by default. */
  readonly preparedStatements?: boolean
  readonly applicationName?: string
  /** How long a caller waits for a connection, new or returned by another. 2 s by default. */
  readonly connectTimeoutMs?: number
  /** How long one statement may take, scripts excepted. 10 s by default. */
  readonly queryTimeoutMs?: number
  /** Told of a connection that broke while no caller could be told; the pool has replaced it by then. */
  readonly onError?: (error: Error) => void
  /** Told of every statement of ours and of every commit once it is over. */
  readonly onStatement?: OnStatement | undefined
}

export interface PostgresOptions extends PoolOptions {
  /** `postgresql://user:password@host:port/database`, or `postgresql://user@/database?host=/run/postgresql`. */
  readonly url: string
}

type Work<T> = (client: PoolClient) => Promise<T>

const IDLE_MS = 30 * 60_000
const LIFE_SECONDS = 60 * 60
const IDLE_KEPT = 10

/**
 * PostgreSQL by a connection URL. Connects at the first statement.
 * @throws OperatorError when the URL can't be read; its text is in no message, as it may hold a password
 */
export function openPostgres({ url, ...options }: PostgresOptions): PooledDatabase {
  refuseBadUrl(url)
  return openPool({ connectionString: url, keepAlive: true }, () => new Socket(), options)
}

/** A PostgreSQL that is reached by streams which the caller opens; `connect` is called on each. */
export function openOverStream(openStream: () => Duplex, options: PoolOptions): PooledDatabase {
  const session = { user: 'postgres', database: 'postgres', ssl: false }
  return openPool({ ...session, idleTimeoutMillis: 0, maxLifetimeSeconds: 0 }, openStream, options)
}

/** A connection of its own that hears a channel's bells. */
export interface Listening {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly ended: Promise<void>
  close(): void
}

/**
 * Connects and listens; must reach the server itself, not a pooler.
 * @param onBell called for every NOTIFY on the channel
 */
export async function listenOnce(url: string, channel: string, onBell: () => void): Promise<Listening> {
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
    application_name: 'postern bell',
  })
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  client.on('error', () => undefined)
  client.on('notification', onBell)
  const close = (): void => void client.end().catch(() => undefined)
  try {
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (error) {
    close()
    throw toStoreError(error)
  }
  return { ended, close }
}

function refuseBadUrl(url: string): void {
  try {
    void new Client({ connectionString: url })
  } catch {
    throw new OperatorError(
      'POSTERN_DATABASE_URL is not a PostgreSQL connection URL. Use postgresql://user@host/name.',
      2,
    )
  }
}

function openPool(session: PoolConfig, openStream: () => Duplex, options: PoolOptions): PooledDatabase {
  const streams = createOpenStreams()
  const poolSize = options.poolSize ?? 25
  const pool = new Pool({
    idleTimeoutMillis: IDLE_MS,
    maxLifetimeSeconds: LIFE_SECONDS,
    ...session,
    stream: () => streams.add(openStream()),
    max: poolSize,
    min: Math.min(IDLE_KEPT, poolSize),
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    query_timeout: options.queryTimeoutMs ?? 10_000,
    application_name: options.applicationName ?? 'postern',
  })
  neverThrowEvents(pool, options.onError)
  const runner = createRunner(options.preparedStatements ?? true, options.onStatement)
  return new PoolDatabase(pool, streams, runner)
}

// A client that is checked out has no listener of the pool's, and an 'error' without listener ends the process.
function neverThrowEvents(pool: Pool, onError: (error: Error) => void = () => undefined): void {
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', onError))
}

class PoolDatabase implements PooledDatabase {
  readonly #pool: Pool
  readonly #streams: OpenStreams
  readonly #runner: Runner
  readonly #drained = Promise.withResolvers<void>()
  #running = 0
  #closing = false

  constructor(pool: Pool, streams: OpenStreams, runner: Runner) {
    this.#pool = pool
    this.#streams = streams
    this.#runner = runner
  }

  query<Params extends readonly unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]> {
    return this.#use((client) => this.#runner.run(client, statement, params))
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.#use((client) => this.#runner.inTransaction(client, () => this.#lend(client, work)))
  }

  withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#use((client) => this.#lend(client, work), { discardOnError: true })
  }

  poolUse(): PoolUse {
    const { totalCount, idleCount: idle, waitingCount: waiting } = this.#pool
    return { used: totalCount - idle, idle, waiting }
  }

  async close(): Promise<void> {
    this.#closing = true
    if (this.#running > 0) await this.#drained.promise
    await this.#pool.end()
    await this.#streams.allClosed()
  }

  async #use<T>(work: Work<T>, { discardOnError = false } = {}): Promise<T> {
    if (this.#closing) throw storeUnavailable(new Error('the database is closed'))
    this.#running += 1
    try {
      const client = await this.#connect()
      return await lease(client, work, discardOnError)
    } finally {
      this.#running -= 1
      if (this.#closing && this.#running === 0) this.#drained.resolve()
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw storeUnavailable(error)
    }
  }

  // Ends with the work, so that a statement sent too late can't land in the next holder's transaction.
  async #lend<T>(client: PoolClient, work: (connection: Connection) => Promise<T>): Promise<T> {
    let lent = true
    const borrowed = () => {
      if (!lent) throw new Error('This connection was given back; a statement came after the end of its work.')
      return client
    }
    try {
      return await work({
        query: async (statement, ...params) => this.#runner.run(borrowed(), statement, params),
        script: async (text) => this.#runner.script(borrowed(), text),
      })
    } finally {
      lent = false
    }
  }
}

async function lease<T>(client: PoolClient, work: Work<T>, discardOnError: boolean): Promise<T> {
  let broken = discardOnError
  try {
    const result = await work(client)
    broken = false
    return result
  } catch (error) {
    broken ||= isStoreUnavailable(error)
    throw error
  } finally {
    client.release(broken || client.getTransactionStatus() !== 'I')
  }
}
