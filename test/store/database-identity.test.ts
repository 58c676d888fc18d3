import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import { readDatabaseIdentity } from '../../src/store/database-identity.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import type { TestDatabase } from '../support/database.ts'
import { postgresProgram } from '../support/postgres.ts'

test('a database has one identity, whoever reads it and whenever', async (t) => {
  const { database, url } = await openTestDatabase(t)
  const identity = await readDatabaseIdentity(database)
  const name = `plain_${randomUUID().slice(0, 8)}`
  await database.withConnection((connection) =>
    connection.script(`create role ${name} login; grant usage on schema auth to ${name};
      grant select on auth.database_identity to ${name}`),
  )
  const plain = openPostgres({ url: url.replace('postgres@', `${name}@`) })
  t.after(() => plain.close())
  assert.equal(await readDatabaseIdentity(plain), identity)
  await database.withConnection((connection) => connection.script(`drop owned by ${name}; drop role ${name}`))
})

test('a dump has another identity wherever it is restored', async (t) => {
  const source = await openTestDatabase(t)
  const before = await readDatabaseIdentity(source.database)
  const file = `${await temporaryDirectory(t)}/dump`
  execFileSync(postgresProgram('pg_dump'), ['--format=custom', `--file=${file}`, source.url])
  const other = await openTestDatabase(t)
  await restore(file, other)
  await restore(file, source)
  const identities = [before, await readDatabaseIdentity(source.database), await readDatabaseIdentity(other.database)]
  assert.equal(new Set(identities).size, 3)
  // The row came along with the dump, so it is not what tells them apart.
  assert.equal(new Set(identities.map((identity) => identity.split('/')[0])).size, 1)
})

test('databases of two servers differ', async (t) => {
  const { database } = await openTestDatabase(t)
  const parts = [await readDatabaseIdentity(database), await readDatabaseIdentity(await openTestEmbedded(t))]
  assert.equal(new Set(parts.map((identity) => identity.split('/')[3])).size, 2)
})

test('a database that does not tell its identity is refused with what to do', async (t) => {
  const { database } = await openTestDatabase(t)
  await database.withConnection((connection) => connection.script('delete from auth.database_identity'))
  await assert.rejects(
    readDatabaseIdentity(database),
    (error) => error instanceof OperatorError && /POSTERN_REDIS_URL/.test(error.message),
  )
})

/** Not by `--clean`, which stumbles over the keys of partitions. */
async function restore(file: string, { database, url }: TestDatabase): Promise<void> {
  await database.withConnection((connection) => connection.script('drop schema if exists auth, postern cascade'))
  execFileSync(postgresProgram('pg_restore'), [`--dbname=${url}`, file])
}
