import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Pool } from 'pg'
import type { ClientBase, PoolClient, PoolConfig } from 'pg'
import type { PoolUse } from './database.ts'
import { listenOnce } from './listen.ts'
import type { Listening } from './listen.ts'
import { createOpenStreams } from './open-streams.ts'

/** Connections to one server. */
export interface ServerPool {
  connect(): Promise<PoolClient>
  /** Hears a channel on a connection of its own, which ends with the others. */
  listen(channel: string, onBell: () => void): Promise<Listening>
  use(): PoolUse
  /** Ends those that are idle, and each other once it is given back. */
  end(): Promise<void>
  /** Breaks all off at once, whatever is under way on them. */
  breakOff(): void
}

export interface ServerPoolOptions {
  readonly poolSize: number
  readonly connectTimeoutMs: number
  readonly queryTimeoutMs: number
  readonly applicationName: string
  readonly onError: (error: Error) => void
  /** Asked before a new connection is used; what it throws is told to who wanted one. */
  readonly check?: (client: ClientBase) => Promise<void>
}

const IDLE_MS = 30 * 60_000
const LIFE_SECONDS = 60 * 60
const IDLE_KEPT = 10

/**
 * @param sessionOf asked before each new connection: certificates may have been renewed
 * @param openStream a new one; `connect` is called on it
 */
export function openServerPool(
  sessionOf: () => PoolConfig,
  options: ServerPoolOptions,
  openStream: () => Duplex = () => new Socket(),
): ServerPool {
  const streams = createOpenStreams()
  const { poolSize, check } = options
  const pool = new Pool({
    idleTimeoutMillis: IDLE_MS,
    maxLifetimeSeconds: LIFE_SECONDS,
    application_name: options.applicationName,
    ...sessionOf(),
    stream: () => streams.add(openStream()),
    max: poolSize,
    min: Math.min(IDLE_KEPT, poolSize),
    connectionTimeoutMillis: options.connectTimeoutMs,
    query_timeout: options.queryTimeoutMs,
    // The pool waits for it, though its types know of no promise.
    ...(check !== undefined && { onConnect: (client): unknown => check(client) }),
  })
  neverThrowEvents(pool, options.onError)
  let ended: Promise<void> | null = null
  const closing = new AbortController()
  const end = (): Promise<void> => {
    closing.abort()
    ended ??= pool.end().then(() => streams.allClosed())
    return ended
  }
  return {
    connect() {
      const { ssl } = pool.options
      if (ssl !== false && ssl !== undefined && pool.idleCount === 0)
        Object.assign(pool.options, { ssl: sessionOf().ssl })
      return pool.connect()
    },
    async listen(channel, onBell) {
      const listening = await listenOnce(sessionOf(), channel, onBell)
      if (ended !== null) listening.close()
      closing.signal.addEventListener('abort', () => listening.close())
      return listening
    },
    use() {
      const { totalCount, idleCount: idle, waitingCount: waiting } = pool
      return { used: totalCount - idle, idle, waiting }
    },
    end,
    breakOff() {
      streams.destroyAll()
      void end()
    },
  }
}

// A client that is checked out has no listener of the pool's, and an 'error' without listener ends the process.
function neverThrowEvents(pool: Pool, onError: (error: Error) => void): void {
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', onError))
}
