import { join } from 'node:path'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { Cleanup } from '../support/directories.ts'
import { MIGRATIONS, administer, startPostgres, startStandby } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import type { Target } from '../support/relay.ts'
import { until } from '../support/until.ts'

/** The database of a world: one on the shared test server, one on a server of its own, or one that is replicated. */
export type StoreKind = 'shared' | 'own' | 'replicated'

export interface Store {
  /** Name of the database. */
  readonly name: string
  /** Straight to the server that is the primary now. */
  readonly url: string
  readonly target: Target
  /** The server that is the primary now; null where tests share it. */
  readonly server: PostgresServer | null
  /** Resolves once it answers. */
  answers(): Promise<void>
  /** Kills the primary and has the standby take its place. Nothing that was acknowledged may be lost by that. */
  promote(): Promise<void>
}

const NAME = 'postern'
const STANDBY = 'standby'
const ANSWER_MS = 30_000
// A commit that was acknowledged is still there after a kill; connections that are lost to sight count on.
const DURABLE = ['synchronous_commit=on', 'max_connections=300']

/** Opens it, with all migrations. */
export async function openStore(t: Cleanup, kind: StoreKind): Promise<Store> {
  return kind === 'shared' ? openShared(t) : openOwn(t, kind === 'replicated')
}

async function openShared(t: Cleanup): Promise<Store> {
  // Loaded where it is wanted: it belongs to the test runner, without which the harness runs as well.
  const { openTestDatabase } = await import('../support/database.ts')
  const { url } = await openTestDatabase(t)
  const { folder = '', name = '' } = /@(?<folder>[^/]+)\/(?<name>.+)$/.exec(url)?.groups ?? {}
  return {
    name,
    url,
    target: socketIn(decodeURIComponent(folder)),
    server: null,
    answers: async () => undefined,
    promote: () => Promise.reject(new Error('there is no standby')),
  }
}

async function openOwn(t: Cleanup, replicated: boolean): Promise<Store> {
  const primary = await startPostgres(replicated ? [...DURABLE, `synchronous_standby_names=${STANDBY}`] : DURABLE)
  t.after(() => primary.close())
  const standby = replicated ? await startStandby(primary, STANDBY, DURABLE) : null
  t.after(async () => standby?.close())
  await administer(primary.urlPrefix, `create database ${NAME}`)
  const database = openPostgres({ url: `${primary.urlPrefix}${NAME}` })
  await migrate(database, MIGRATIONS)
  await database.close()
  return new OwnStore(primary, standby)
}

class OwnStore implements Store {
  readonly name = NAME
  server: PostgresServer
  #standby: PostgresServer | null

  constructor(primary: PostgresServer, standby: PostgresServer | null) {
    this.server = primary
    this.#standby = standby
  }

  get url(): string {
    return `${this.server.urlPrefix}${NAME}`
  }

  get target(): Target {
    return socketIn(this.server.socketFolder)
  }

  async answers(): Promise<void> {
    await until('PostgreSQL answers', ANSWER_MS, () => isUp(this.server))
  }

  async promote(): Promise<void> {
    const standby = this.#standby
    if (standby === null) throw new Error('there is no standby')
    await this.server.kill()
    await administer(standby.urlPrefix, 'select pg_promote(true, 30)')
    this.server = standby
    this.#standby = null
  }
}

function isUp({ urlPrefix }: PostgresServer): Promise<boolean> {
  return administer(urlPrefix, 'select 1').then(
    () => true,
    () => false,
  )
}

function socketIn(folder: string): Target {
  return { path: join(folder, '.s.PGSQL.5432') }
}
