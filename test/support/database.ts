import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { openEmbedded } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { MIGRATIONS, TEMPLATE, administer, startTestPostgres, temporaryRoot } from './postgres.ts'
import type { PostgresServer } from './postgres.ts'

/** What closes things after a test: the test's context, or `{ after }` of node:test for a whole file. */
export interface Cleanup {
  after(close: () => Promise<void>): void
}

export interface TestDatabase {
  readonly database: Database
  /** Connection URL, for what opens connections of its own. */
  readonly url: string
}

const FILLED_WITHIN_MS = 120_000
const LOCK_NAME = statement<[name: string], object>('lock_name', `select pg_advisory_xact_lock(hashtext($1))`)
const FIND_DATABASE = statement<[name: string], object>('find_database', `select from pg_database where datname = $1`)

let ownServer: Promise<PostgresServer> | null = null
after(async () => (await ownServer)?.close())

const finished: string[] = []
process.on('exit', () => finished.forEach((directory) => rmSync(directory, { recursive: true, force: true })))

/** A migrated database of its own on the test server; closed and dropped after the test. */
export function openTestDatabase(t: Cleanup): Promise<TestDatabase> {
  return openCopy(t, TEMPLATE)
}

/** As `openTestDatabase`, but without any migration. */
export function openEmptyDatabase(t: Cleanup): Promise<TestDatabase> {
  return openCopy(t, 'template0')
}

/**
 * A copy of a database that `fill` has filled for the first test that wanted it, of all that run now. Whoever comes
 * meanwhile waits for it.
 */
export async function openFilledDatabase(
  t: Cleanup,
  name: string,
  fill: (url: string) => Promise<void>,
): Promise<TestDatabase> {
  const { urlPrefix } = await testServer()
  const server = openPostgres({ url: `${urlPrefix}postgres`, poolSize: 1, queryTimeoutMs: FILLED_WITHIN_MS })
  try {
    await server.transaction(async (tx) => {
      await tx.query(LOCK_NAME, name)
      const [found] = await tx.query(FIND_DATABASE, name)
      if (found === undefined) await makeFilled(urlPrefix, name, fill)
    })
  } finally {
    await server.close()
  }
  return openCopy(t, name)
}

/** So that the next that is applied is the first, though people with roles are there already. */
export async function forgetPolicies(url: string): Promise<void> {
  const database = openPostgres({ url, poolSize: 1 })
  await database.query(statement('forget_policies', 'truncate auth.policies restart identity'))
  await database.close()
}

/** A migrated embedded database in a folder of its own; closed and removed after the test. */
export async function openTestEmbedded(t: Cleanup): Promise<Database> {
  const directory = await migratedDirectory(t)
  const database = await openEmbedded({ directory, onExit: () => undefined })
  t.after(async () => {
    await database.close()
    await rm(directory, { recursive: true })
  })
  return database
}

/** A data directory with its secret key and the tables, but nothing in them: the program starts in half the time. */
export async function migratedDirectory(t: Cleanup): Promise<string> {
  const directory = await temporaryDirectory(t)
  await cp(await embeddedTemplate(), directory, { recursive: true })
  await writeFile(join(directory, 'secret-key'), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  return directory
}

/**
 * An empty folder. Removed when the process ends, since a test's closers run in the order of their opening; that of a
 * test which never ended stays.
 */
export async function temporaryDirectory(t: Cleanup): Promise<string> {
  const directory = await mkdtemp(join(temporaryRoot(), `postern-test-${process.pid}-`))
  t.after(async () => void finished.push(directory))
  return directory
}

// Its name is there only once it is whole.
async function makeFilled(urlPrefix: string, name: string, fill: (url: string) => Promise<void>): Promise<void> {
  const draft = `${name}_draft`
  await administer(urlPrefix, `drop database if exists ${draft} with (force)`)
  await administer(urlPrefix, `create database ${draft} template template0`)
  await fill(`${urlPrefix}${draft}`)
  await administer(urlPrefix, `alter database ${draft} rename to ${name}`)
}

async function openCopy(t: Cleanup, template: string): Promise<TestDatabase> {
  const { urlPrefix } = await testServer()
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(urlPrefix, `create database ${name} template ${template}`)
  const url = `${urlPrefix}${name}`
  const database = openPostgres({ url, poolSize: 10 })
  t.after(async () => {
    await database.close()
    await administer(urlPrefix, `drop database ${name} with (force)`)
  })
  return { database, url }
}

// A test file that is run by hand has no global setup, and starts a server of its own.
async function testServer(): Promise<{ urlPrefix: string; folder: string }> {
  const { POSTERN_TEST_POSTGRES: urlPrefix, POSTERN_TEST_FOLDER: folder } = process.env
  if (urlPrefix !== undefined && folder !== undefined) return { urlPrefix, folder }
  ownServer ??= startTestPostgres()
  return ownServer
}

// Made by the first file that wants it. Where two make one at once, the second to finish throws its own away.
async function embeddedTemplate(): Promise<string> {
  const { folder } = await testServer()
  const template = join(folder, 'embedded')
  if (existsSync(template)) return template
  const draft = await mkdtemp(`${template}-`)
  const database = await openEmbedded({ directory: draft, onExit: () => undefined })
  await migrate(database, MIGRATIONS)
  await database.close()
  await rename(draft, template).catch(() => rm(draft, { recursive: true }))
  return template
}
