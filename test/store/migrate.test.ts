import assert from 'node:assert/strict'
import { cp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate, pendingMigrations } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase, openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { MIGRATIONS } from '../support/postgres.ts'

const FIRST = 'create table first (id integer); insert into first values (1)'
const TRIGGER = `
create function touch() returns trigger language plpgsql as $$ begin new.id := new.id + 1; return new; end; $$;
create trigger touch before insert on first for each row execute function touch();`
const countFirst = statement<[], { rows: number }>('count_first', 'select count(*)::int4 as rows from first')

test('four processes at once run each migration once', async (t) => {
  const { url } = await openEmptyDatabase(t)
  const directory = await folderOf(t, { '001_first.sql': FIRST, '002_trigger.sql': TRIGGER })
  const applied: string[] = []
  const counts = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const database = openPostgres({ url })
      t.after(() => database.close())
      return migrate(database, directory, (name) => applied.push(name))
    }),
  )
  assert.deepEqual(
    counts.sort((one, other) => one - other),
    [0, 0, 0, 2],
  )
  assert.deepEqual(applied, ['001_first.sql', '002_trigger.sql'])
})

test('migrations run without anybody to tell', async (t) => {
  const { database } = await openEmptyDatabase(t)
  const directory = await folderOf(t, { '001_first.sql': FIRST })
  assert.equal(await migrate(database, directory), 1)
  assert.deepEqual(await database.query(countFirst), [{ rows: 1 }])
})

test('pending migrations are named without changing the database', async (t) => {
  const { database } = await openEmptyDatabase(t)
  const directory = await folderOf(t, { '001_first.sql': FIRST, '002_trigger.sql': TRIGGER })
  assert.deepEqual(await pendingMigrations(database, directory), ['001_first.sql', '002_trigger.sql'])
  const schemas = statement<[], { name: string }>(
    'schemas',
    "select nspname as name from pg_namespace where nspname = 'postern'",
  )
  assert.deepEqual(await database.query(schemas), [])
  await migrate(database, directory)
  assert.deepEqual(await pendingMigrations(database, directory), [])
})

test('a file that was edited after it was applied is refused', async (t) => {
  const { database, directory } = await migrated(t, { '001_first.sql': FIRST })
  await writeFile(join(directory, '001_first.sql'), `${FIRST};`)
  await bothRefuse(database, directory, /001_first\.sql/)
})

test('a database that is newer than the program is refused', async (t) => {
  const { database } = await migrated(t, { '001_first.sql': FIRST, '002_trigger.sql': TRIGGER })
  await bothRefuse(database, await folderOf(t, { '001_first.sql': FIRST }), /newer.*002_trigger\.sql/)
})

test('a database may be ahead of a program that its newer migrations say they work with', async (t) => {
  const worksFrom = (schema: string): string => `-- works with programs from schema ${schema}\n${TRIGGER}`
  const { database } = await migrated(t, { '001_first.sql': FIRST, '002_trigger.sql': worksFrom('001') })
  const older = await folderOf(t, { '001_first.sql': FIRST })
  assert.deepEqual(await pendingMigrations(database, older), [])
  assert.equal(await migrate(database, older), 0)
  await bothRefuse(database, await folderOf(t, {}), /newer.*001_first\.sql/)
})

test('it may not once one of them says that it needs newer programs, or is missing in between', async (t) => {
  const second = '-- works with programs from schema 001\nselect 1'
  const third = '-- works with programs from schema 002\nselect 1'
  const files = { '001_first.sql': FIRST, '002_second.sql': second, '003_third.sql': third }
  const { database } = await migrated(t, files)
  await bothRefuse(database, await folderOf(t, { '001_first.sql': FIRST }), /newer.*003_third\.sql/)
  assert.deepEqual(
    await pendingMigrations(database, await folderOf(t, { '001_first.sql': FIRST, '002_second.sql': second })),
    [],
  )
  const withoutSecond = await folderOf(t, { '001_first.sql': FIRST, '003_third.sql': third })
  await bothRefuse(database, withoutSecond, /newer.*002_second\.sql/)
})

test('a database from 0.1.0, which noted less of migrations, is read and brought up to date', async (t) => {
  const { database, directory } = await migrated(t, { '001_first.sql': FIRST })
  await database.withConnection((connection) =>
    connection.script('alter table postern.migrations drop column works_from'),
  )
  assert.deepEqual(await pendingMigrations(database, directory), [])
  await writeFile(join(directory, '002_trigger.sql'), TRIGGER)
  assert.equal(await migrate(database, directory), 1)
})

test('a new file with a number below one that was applied is refused', async (t) => {
  const { database, directory } = await migrated(t, { '002_first.sql': FIRST })
  await writeFile(join(directory, '001_late.sql'), 'select 1')
  await bothRefuse(database, directory, /001_late\.sql/)
})

test('a migration that fails leaves nothing of itself, and all before it', async (t) => {
  const { database } = await openEmptyDatabase(t)
  const broken = 'insert into first values (2); select 1 / 0'
  const directory = await folderOf(t, { '001_first.sql': FIRST, '002_broken.sql': broken })
  await assert.rejects(migrate(database, directory), (error) => isRefusal(error, /002_broken\.sql.*division by zero/))
  assert.deepEqual(await database.query(countFirst), [{ rows: 1 }])
  assert.deepEqual(await pendingMigrations(database, directory), ['002_broken.sql'])
  await writeFile(join(directory, '002_broken.sql'), 'select 1')
  assert.equal(await migrate(database, directory), 1)
})

test('a migration and its record are kept together or not at all', async (t) => {
  const { database } = await openEmptyDatabase(t)
  const directory = await folderOf(t, { '001_first.sql': `${FIRST}; drop table postern.migrations` })
  await assert.rejects(migrate(database, directory), OperatorError)
  await assert.rejects(database.query(countFirst), { code: '42P01' })
})

test('a file may ask to run outside a transaction', async (t) => {
  const index = '-- no-transaction\ncreate index concurrently first_id_idx on first (id)'
  const { database, directory } = await migrated(t, { '001_first.sql': FIRST, '002_index.sql': index })
  assert.deepEqual(await pendingMigrations(database, directory), [])
})

test('a misnamed file and a number used twice stop the run', async (t) => {
  const { database } = await openEmptyDatabase(t)
  await assert.rejects(migrate(database, await folderOf(t, { '1_first.sql': FIRST })), /1_first\.sql/)
  const twice = await folderOf(t, { '001_first.sql': FIRST, '001_other.sql': TRIGGER })
  await assert.rejects(pendingMigrations(database, twice), /001_other\.sql/)
})

test('the shipped migrations are applied in both kinds of database', async (t) => {
  const { database } = await openTestDatabase(t)
  for (const each of [database, await openTestEmbedded(t)]) {
    assert.deepEqual(await pendingMigrations(each, MIGRATIONS), [])
    assert.equal(await migrate(each, MIGRATIONS), 0)
  }
})

test('every shipped migration also runs after a copy of its folder, whatever lies beside it', async (t) => {
  const { database } = await openEmptyDatabase(t)
  const directory = await temporaryDirectory(t)
  await cp(MIGRATIONS, directory, { recursive: true })
  await writeFile(join(directory, 'README.md'), 'not a migration')
  const numbered = (await readdir(MIGRATIONS)).filter((name) => /^\d/.test(name))
  assert.equal(await migrate(database, directory), numbered.length)
})

async function migrated(t: TestContext, files: Record<string, string>) {
  const { database } = await openEmptyDatabase(t)
  const directory = await folderOf(t, files)
  await migrate(database, directory)
  return { database, directory }
}

async function folderOf(t: TestContext, files: Record<string, string>): Promise<string> {
  const directory = await temporaryDirectory(t)
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  return directory
}

async function bothRefuse(database: Database, directory: string, reason: RegExp): Promise<void> {
  await assert.rejects(migrate(database, directory), (error) => isRefusal(error, reason))
  await assert.rejects(pendingMigrations(database, directory), (error) => isRefusal(error, reason))
}

function isRefusal(error: unknown, reason: RegExp): boolean {
  return error instanceof OperatorError && reason.test(error.message)
}
