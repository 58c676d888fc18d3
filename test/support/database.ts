import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { after } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { openEmbedded } from '../../src/store/embedded.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { migratedDirectory } from './directories.ts'
import type { Cleanup } from './directories.ts'
import { TEMPLATE, administer, startTestPostgres } from './postgres.ts'
import type { PostgresServer } from './postgres.ts'

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
