import type { PoolClient } from 'pg'
import type { Connection, PooledDatabase, PoolUse, Queryable } from './database.ts'
import type { Runner } from './run-statements.ts'
import type { CurrentServer, Servers } from './servers.ts'
import type { Statement } from './statement.ts'
import { isStoreUnavailable, storeUnavailable } from './unavailable.ts'

type Work<T> = (client: PoolClient) => Promise<T>

/** Runs statements on connections to whichever server is in use. */
export class PoolDatabase implements PooledDatabase {
  readonly #servers: Servers
  readonly #runner: Runner
  readonly #drained = Promise.withResolvers<void>()
  #running = 0
  #closing = false

  constructor(servers: Servers, runner: Runner) {
    this.#servers = servers
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
    return this.#servers.current?.pool.use() ?? { used: 0, idle: 0, waiting: 0 }
  }

  async close(): Promise<void> {
    this.#closing = true
    if (this.#running > 0) await this.#drained.promise
    await this.#servers.close()
  }

  async #use<T>(work: Work<T>, { discardOnError = false } = {}): Promise<T> {
    if (this.#closing) throw storeUnavailable(new Error('the database is closed'))
    this.#running += 1
    try {
      const server = this.#servers.current ?? (await this.#servers.find())
      const client = await connect(server)
      return await lease({ server, client }, work, discardOnError)
    } catch (error) {
      if (isStoreUnavailable(error)) this.#servers.doubt()
      throw error
    } finally {
      this.#running -= 1
      if (this.#closing && this.#running === 0) this.#drained.resolve()
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

async function connect({ pool }: CurrentServer): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw isStoreUnavailable(error) ? error : storeUnavailable(error)
  }
}

interface Leased {
  readonly server: CurrentServer
  readonly client: PoolClient
}

async function lease<T>({ server, client }: Leased, work: Work<T>, discardOnError: boolean): Promise<T> {
  let broken = discardOnError
  try {
    const result = await work(client)
    // Also of a commit: what a server confirmed that others have left behind by now may be lost.
    if (!server.isCurrent) throw storeUnavailable(new Error('another server took over meanwhile'))
    broken = false
    return result
  } catch (error) {
    broken ||= isStoreUnavailable(error)
    throw error
  } finally {
    client.release(broken || client.getTransactionStatus() !== 'I')
  }
}
