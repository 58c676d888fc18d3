import assert from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { checkBackup } from '../../src/backup/check-backup.ts'
import { openKeys } from '../../src/credentials/keys.ts'
import { encrypt } from '../../src/lib/aead.ts'
import { deriveKey } from '../../src/lib/key-ring.ts'
import { migrate, pendingMigrations } from '../../src/store/migrate.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase, openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { backUpTo, fillRows, openTestBackup, OTHER_SECRET, restoreTo, SECRET } from './filled.ts'

/** That of the first release. */
const OLD = 21
const INSERT_KEY = statement<[purpose: string, wrapped: Buffer]>(
  'insert_key',
  'insert into auth.keys (purpose, wrapped_key) values ($1, $2)',
)
const USERS = statement<[], { line: string }>(
  'users',
  'select (id, login, name, password_hash, created_at)::text as line from auth.users order by 1',
)

test('a backup of an older schema is loaded as it was and brought up to date, in place of a newer one', async (t) => {
  const folder = await temporaryDirectory(t)
  const { database: old } = await openEmptyDatabase(t)
  await migrate(old, await migrationsUpTo(t, OLD))
  await fillRows(old)
  for (const purpose of ['token', 'pepper', 'assertion', 'sealing', 'audit'])
    await old.query(
      INSERT_KEY,
      purpose,
      encrypt(deriveKey(SECRET, 'key wrapping'), Buffer.from(purpose), Buffer.alloc(32, purpose)),
    )
  const file = join(folder, 'old')
  assert.equal((await backUpTo(file, old)).schema, OLD)
  const { onward } = await checkBackup(await openTestBackup(file), MIGRATIONS, () => {})
  assert.ok(onward.length > 0 && onward.every((name) => Number(name.slice(0, 3)) > OLD), String(onward))
  const { database: target } = await openTestDatabase(t)
  await restoreTo(target, file)
  assert.deepEqual(await pendingMigrations(target, MIGRATIONS), [])
  assert.deepEqual(await target.query(USERS), await old.query(USERS))
  const keys = await openKeys(target, [OTHER_SECRET])
  assert.deepEqual(keys.pepper.minting.bytes, Buffer.alloc(32, 'pepper'))
})

test('a backup of a newer schema is refused, with what to do, and so is one of another release', async (t) => {
  const folder = await temporaryDirectory(t)
  const newer = await migrationsUpTo(t, 999)
  await writeFile(join(newer, '999_later.sql'), 'create table auth.later (id int primary key)')
  const { database } = await openEmptyDatabase(t)
  await migrate(database, newer)
  await backUpTo(join(folder, 'newer'), database)
  const { database: target } = await openTestDatabase(t)
  await assert.rejects(restoreTo(target, join(folder, 'newer')), /made by a newer program: it has 999_later\.sql/)
  assert.deepEqual(await pendingMigrations(target, MIGRATIONS), [])
  await restoreTo(target, join(folder, 'newer'), [OTHER_SECRET], newer)
  const edited = await migrationsUpTo(t, 999)
  await writeFile(join(edited, '021_event_sums.sql'), 'select 1')
  await assert.rejects(restoreTo(target, join(folder, 'newer'), [OTHER_SECRET], edited), /newer program|differs/)
})

async function migrationsUpTo(t: TestContext, last: number): Promise<string> {
  const folder = await temporaryDirectory(t)
  await cp(MIGRATIONS, folder, { recursive: true })
  for (const name of readdirSync(folder)) if (Number(name.slice(0, 3)) > last) rmSync(join(folder, name))
  return folder
}
