import assert from 'node:assert/strict'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import { openEmbedded } from '../../src/store/embedded.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestEmbedded } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { databaseContract, isUnavailable } from './database.contract.ts'

const one = statement<[], { one: number }>('one', 'select 1 as one')
const settings = statement<[], { name: string; setting: string }>(
  'settings',
  "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'wal_sync_method') order by name",
)

await databaseContract(openTestEmbedded)

test('a first start leaves no draft, clears that of a broken one, and lets nobody else read', async (t) => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'db.new'))
  await writeFile(join(directory, 'db.new', 'PG_VERSION'), 'half written')
  const database = await openEmbedded({ directory, onExit: () => undefined })
  t.after(() => database.close())
  assert.deepEqual(await readdir(directory), ['db'])
  assert.equal((await stat(join(directory, 'db'))).mode & 0o777, 0o700)
  assert.deepEqual(await database.query(one), [{ one: 1 }])
})

test('the embedded database waits for the disk at every commit', async (t) => {
  const database = await openTestEmbedded(t)
  assert.deepEqual(await database.query(settings), [
    { name: 'fsync', setting: 'on' },
    { name: 'synchronous_commit', setting: 'on' },
    { name: 'wal_sync_method', setting: 'fsync' },
  ])
})

test('an embedded database that dies fails every call and tells the program why', async (t) => {
  const directory = await temporaryDirectory(t)
  const exited = Promise.withResolvers<Error>()
  const database = await openEmbedded({ directory, onExit: exited.resolve })
  t.after(() => database.close())
  await rm(join(directory, 'db', 'global', 'pg_control'))
  await assert.rejects(database.query(statement('checkpoint', 'checkpoint')), isUnavailable)
  await assert.rejects(database.query(one), isUnavailable)
  await assert.rejects(
    database.transaction((tx) => tx.query(one)),
    isUnavailable,
  )
  assert.match((await exited.promise).message, /PANIC.*pg_control/)
})

test('a data directory without a usable database is refused with what to do', async (t) => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'db'))
  await writeFile(join(directory, 'db', 'PG_VERSION'), '12\n')
  await assert.rejects(openEmbedded({ directory, onExit: () => undefined }), OperatorError)
})
