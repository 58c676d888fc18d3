import type { Duplex } from 'node:stream'
import { readDatabaseAddress } from '../config/database-address.ts'
import type { WantedServer } from '../config/database-address.ts'
import { Mistake } from '../config/values.ts'
import { OperatorError } from '../errors.ts'
import { createServerAsker, readServerFacts } from './ask-server.ts'
import type { PooledDatabase } from './database.ts'
import type { Listening } from './listen.ts'
import { PoolDatabase } from './pool-database.ts'
import { createRunner } from './run-statements.ts'
import type { OnStatement, Runner } from './run-statements.ts'
import { openServerPool } from './server-pool.ts'
import type { ServerPoolOptions } from './server-pool.ts'
import { openSessions } from './server-session.ts'
import { createServers, oneServer } from './servers.ts'

export interface PoolOptions {
  /** Connections at most, 25 by default. */
  readonly poolSize?: number
  /** False sends statements without names, for poolers that can't keep them. True by default. */
  readonly preparedStatements?: boolean
  readonly applicationName?: string
  /** How long a caller waits for a connection, new or returned by another. 2 s by default. */
  readonly connectTimeoutMs?: number | undefined
  /** How long one statement may take, scripts excepted. 10 s by default. */
  readonly queryTimeoutMs?: number
  /** Told of a connection that broke while no caller could be told; the pool has replaced it by then. */
  readonly onError?: (error: Error) => void
  /** Told of every statement of ours and of every commit once it is over. */
  readonly onStatement?: OnStatement | undefined
}

export interface PostgresOptions extends PoolOptions {
  /** As libpq writes it, with one host or several, see `readDatabaseAddress`. */
  readonly url: string
  /** In place of what the URL says. */
  readonly wanted?: WantedServer
  /** Told which server came into use in place of another. */
  readonly onSwitch?: (to: string) => void
}

/** PostgreSQL on one of several servers: that which takes writes now. */
export interface ServerDatabase extends PooledDatabase {
  /** Hears a channel on the server in use; ends when another one comes into use. */
  listen(channel: string, onBell: () => void): Promise<Listening>
  /** What it said or didn't say makes one doubt that the right server is in use: it looks, off the path. */
  doubt(): void
  /** How often another server, or another timeline of the same, came into use. */
  readonly switches: number
}

/**
 * PostgreSQL by a connection URL. Connects at the first statement.
 * @throws OperatorError when the URL can't be read; its text is in no message, as it may hold a password
 */
export function openPostgres({
  url,
  onSwitch = () => undefined,
  wanted: given,
  ...options
}: PostgresOptions): ServerDatabase {
  const address = readDatabaseAddress(url)
  if (address instanceof Mistake) throw new OperatorError(`The URL of PostgreSQL ${address.sentence}.`, 2)
  const sessionFor = openSessions(address)
  const pools = poolOptions({ ...options, connectTimeoutMs: address.connectTimeoutMs ?? options.connectTimeoutMs })
  const { hosts } = address
  const wanted = given ?? address.wanted
  const isWatched = wanted !== 'standby' && (hosts.length > 1 || wanted === 'read-write')
  const asker = createServerAsker(sessionFor, pools.connectTimeoutMs, isWatched)
  const servers = createServers({
    hosts,
    wanted,
    openPool: (host, meet) =>
      openServerPool(() => sessionFor(host), {
        ...pools,
        check: async (client) => meet(await readServerFacts(client)),
      }),
    ask: (host) => asker.ask(host),
    isWatched,
    onSwitch,
    now: () => performance.now(),
  })
  const database = new PoolDatabase(servers, runnerOf(options))
  return {
    query: (statement, ...params) => database.query(statement, ...params),
    transaction: (work) => database.transaction(work),
    withConnection: (work) => database.withConnection(work),
    poolUse: () => database.poolUse(),
    listen: async (channel, onBell) => (await servers.find()).pool.listen(channel, onBell),
    doubt: () => servers.doubt(),
    get switches() {
      return servers.switches
    },
    async close() {
      asker.close()
      await database.close()
    },
  }
}

/** A PostgreSQL that is reached by streams which the caller opens; `connect` is called on each. */
export function openOverStream(openStream: () => Duplex, options: PoolOptions): PooledDatabase {
  const session = { user: 'postgres', database: 'postgres', ssl: false, idleTimeoutMillis: 0, maxLifetimeSeconds: 0 }
  const pool = openServerPool(() => session, poolOptions(options), openStream)
  return new PoolDatabase(oneServer(pool), runnerOf(options))
}

function poolOptions(options: PoolOptions): ServerPoolOptions {
  return {
    poolSize: options.poolSize ?? 25,
    connectTimeoutMs: options.connectTimeoutMs ?? 2_000,
    queryTimeoutMs: options.queryTimeoutMs ?? 10_000,
    applicationName: options.applicationName ?? 'postern',
    onError: options.onError ?? (() => undefined),
  }
}

function runnerOf({ preparedStatements = true, onStatement }: PoolOptions): Runner {
  return createRunner(preparedStatements, onStatement)
}
