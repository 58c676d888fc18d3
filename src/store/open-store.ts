import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import type { Config, Secrets } from '../config/settings.ts'
import { OperatorError, PosternError } from '../errors.ts'
import type { Database, PoolUse } from './database.ts'
import { controlSocketPath } from './control-path.ts'
import { copyEmbedded, removeLeftCopy } from './copy-embedded.ts'
import { lockDirectory } from './directory-lock.ts'
import { openEmbedded } from './embedded.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { PING } from './ping-table.ts'
import { openPostgres } from './postgres.ts'
import type { ServerDatabase } from './postgres.ts'
import { readFromReplica } from './replica.ts'
import type { Replica, ReplicaParts } from './replica.ts'
import type { OnStatement } from './run-statements.ts'

export interface Store {
  readonly database: Database
  readonly poolUse: () => PoolUse
  /** Which server is in use; null with the embedded database. */
  readonly servers: Pick<ServerDatabase, 'listen' | 'doubt' | 'switches'> | null
  /** The standby that answers lists and searches; null or left out where none is configured or asked for. */
  readonly replica?: Replica | null
  /** Secrets that wrap the purpose keys, the one in use first. */
  readonly secretKeys: readonly string[]
  /** Makes a copy of an embedded database beside it, as `copyEmbedded`; null where PostgreSQL itself shows one moment. */
  readonly copy: (() => Promise<{ readonly path: string; readonly heldMs: number }>) | null
  close(): Promise<void>
}

export interface StoreOptions {
  readonly config: Config
  readonly secrets: Secrets
  /** Told of a connection to PostgreSQL that broke while nobody used it. */
  readonly onConnectionError: (error: Error) => void
  /** Told which server of PostgreSQL came into use in place of another. */
  readonly onSwitch?: (to: string) => void
  /** Told of each read that POSTERN_DATABASE_READ_URL is for; without it that isn't used, as for a single command. */
  readonly onRead?: NonNullable<ReplicaParts['onRead']>
  /** Whether an embedded database is made where there is none. */
  readonly mayCreate: boolean
  /** Told that the embedded database is gone for good, so that the program can end. */
  readonly onLost: (error: Error) => void
  /** Told of every statement once it is over. */
  readonly onStatement?: OnStatement
}

/** The folder of the program's own. */
export const MIGRATIONS = resolve(import.meta.dirname, '../../migrations')
const SECRET_FILE = 'secret-key'
const MIN_SECRET_BYTES = 32
const WITHOUT_RIGHT =
  "The role in POSTERN_DATABASE_URL may not use Postern's tables. Run config/sql/roles.sql, and postern migrate as postern_owner."

/**
 * Opens PostgreSQL where one is configured, else the embedded database under its lock, brought up to date.
 * @throws OperatorError when it can't be opened, is in use, or wants migrations that an operator must run
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl } = options.secrets
  if (databaseUrl === null) return openEmbeddedStore(options)
  return withReplica(await openServerStore(options, databaseUrl, refusePending), options)
}

function withReplica(store: Store, { config, secrets, onRead, onConnectionError, onStatement }: StoreOptions): Store {
  if (secrets.databaseReadUrl === null || onRead === undefined) return store
  const standby = openPostgres({
    url: secrets.databaseReadUrl,
    poolSize: config.databasePool,
    preparedStatements: config.preparedStatements,
    applicationName: 'postern reads',
    onError: onConnectionError,
    onStatement,
    wanted: 'standby',
  })
  const maxLagMs = config.databaseReadLag
  const read = readFromReplica({ primary: store.database, standby, maxLagMs, onRead, now: () => performance.now() })
  return { ...store, ...read, close: () => read.database.close() }
}

/** As `openStore`, but PostgreSQL may have any schema or none: for who replaces what is in it. */
export async function openStoreAsItIs(options: StoreOptions): Promise<Store> {
  const { databaseUrl } = options.secrets
  if (databaseUrl === null) return openEmbeddedStore(options)
  return openServerStore(options, databaseUrl, async (database) => void (await database.query(PING)))
}

/** Opens a copy that `Store.copy` made; it is gone once closed. */
export async function openCopy(
  path: string,
  { config, secrets }: Pick<StoreOptions, 'config' | 'secrets'>,
): Promise<Pick<Store, 'database' | 'secretKeys' | 'close'>> {
  await using opened = new AsyncDisposableStack()
  const lock = lockDirectory(path)
  opened.defer(() => lock.release())
  // Before the lock is given up: the next copy is made in the same place.
  opened.defer(() => rm(path, { recursive: true, force: true }))
  const database = await openEmbedded({ directory: path, onExit: () => {} })
  opened.defer(() => database.close())
  const secretKeys = secrets.secretKey ?? [keptSecret(resolve(config.dataDir))]
  const kept = opened.move()
  return { database, secretKeys, close: () => kept.disposeAsync() }
}

/** Brings the database up to date and closes it. @returns how many migrations ran */
export async function migrateStore(
  options: StoreOptions,
  onApplied: (name: string, ms: number) => void,
): Promise<number> {
  const { databaseUrl } = options.secrets
  if (databaseUrl === null) {
    let ran = 0
    const store = await openEmbeddedStore(options, (name, ms) => {
      ran++
      onApplied(name, ms)
    })
    await store.close()
    return ran
  }
  let count = 0
  const store = await openServerStore(options, databaseUrl, async (database) => {
    count = await migrate(database, MIGRATIONS, onApplied)
  })
  await store.close()
  return count
}

async function openEmbeddedStore(
  { config, secrets, onLost, mayCreate, onStatement }: StoreOptions,
  onApplied?: (name: string, ms: number) => void,
): Promise<Store> {
  const directory = resolve(config.dataDir)
  if (!mayCreate && !hasDatabase(directory)) {
    throw new OperatorError(
      `There is no database in ${directory}. Start Postern there first, or set POSTERN_DATA_DIR to where it runs.`,
    )
  }
  // What fails is closed before the lock is given up: nobody else may open a directory that is still open.
  await using opened = new AsyncDisposableStack()
  const lock = lockDirectory(directory)
  opened.defer(() => lock.release())
  await refuseLiveOwner(directory)
  await removeLeftCopy(directory)
  // The secret is there before anything that it protects, so that a start that breaks off can be repeated.
  const secretKeys = secrets.secretKey ?? [keptSecret(directory)]
  const database = await openEmbedded({ directory, onExit: onLost, onStatement })
  opened.defer(() => database.close())
  await migrate(database, MIGRATIONS, onApplied)
  const kept = opened.move()
  return {
    database,
    poolUse: () => database.poolUse(),
    servers: null,
    secretKeys,
    copy: () => copyEmbedded(database, directory),
    close: () => kept.disposeAsync(),
  }
}

async function openServerStore(
  { config, secrets, onConnectionError, onStatement, onSwitch }: StoreOptions,
  url: string,
  prepare: (database: Database) => Promise<void>,
): Promise<Store> {
  const database = openPostgres({
    url,
    poolSize: config.databasePool,
    preparedStatements: config.preparedStatements,
    applicationName: 'postern',
    onError: onConnectionError,
    onStatement,
    ...(onSwitch !== undefined && { onSwitch }),
  })
  try {
    await prepare(database)
    return {
      database,
      poolUse: () => database.poolUse(),
      servers: database,
      secretKeys: secrets.secretKey ?? [],
      copy: null,
      close: () => database.close(),
    }
  } catch (error) {
    await database.close()
    if (lacksRight(error)) throw new OperatorError(WITHOUT_RIGHT, 1, { cause: error })
    if (!(error instanceof PosternError) || error.code !== 'store_unavailable') throw error
    throw new OperatorError(`PostgreSQL does not answer: ${error.detail}. ${adviceFor(error.detail)}`, 1, {
      cause: error,
    })
  }
}

function adviceFor(detail: string): string {
  if (detail.includes('does not support SSL'))
    return 'Turn TLS on there, or say sslmode=disable in POSTERN_DATABASE_URL where the network between is to be trusted.'
  if (/CERT|certificate|issuer/.test(detail))
    return "Name the server's authority by sslrootcert in POSTERN_DATABASE_URL, and the server as its certificate does."
  return 'Check POSTERN_DATABASE_URL and that the server runs and lets Postern in.'
}

/** SQLSTATE 42501, insufficient_privilege. */
function lacksRight(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501'
}

async function refusePending(database: Database): Promise<void> {
  const pending = await pendingMigrations(database, MIGRATIONS)
  if (pending.length === 0) return
  throw new OperatorError(`The database lacks ${pending.length} migrations of this version. Run: postern migrate`)
}

/** A lock file that somebody removed by hand locks nobody out; a server that answers shows that it is there. */
async function refuseLiveOwner(directory: string): Promise<void> {
  const answers = await new Promise<boolean>((done) => {
    const probe = connect(controlSocketPath(directory), () => done(true)).once('error', () => done(false))
    probe.once('connect', () => probe.destroy())
  })
  if (answers)
    throw new OperatorError(`The data directory ${directory} is in use by another Postern process. Stop it first.`)
}

function hasDatabase(directory: string): boolean {
  return existsSync(join(directory, 'db'))
}

/** The secret that was made at the first start of this data directory. */
function keptSecret(directory: string): string {
  const file = join(directory, SECRET_FILE)
  if (!existsSync(file)) {
    if (hasDatabase(directory)) {
      throw new OperatorError(
        `${file} is missing. Put it back from your backup: without it the database can't be read.`,
      )
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  }
  const secret = readFileSync(file, 'utf8').trim()
  // A disk that was full at the first start leaves an empty file: keys must not be wrapped by what everybody knows.
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  throw new OperatorError(
    `${file} holds no secret of ${MIN_SECRET_BYTES} bytes. Restore it; if Postern never started here, remove it.`,
  )
}
