import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { openKeys } from '../../src/credentials/keys.ts'
import { OperatorError } from '../../src/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { backUpTo, fill, OTHER_SECRET, restoreTo, rowsIn } from './filled.ts'

const ROLES = readFileSync(join(import.meta.dirname, '../../config/sql/roles.sql'), 'utf8')

test("with two roles the program's backs up, and the owner's restores, with the same rights as before", async (t) => {
  const file = join(await temporaryDirectory(t), 'backup')
  const [first, second] = [await openWithRoles(t), await openWithRoles(t)]
  await migrate(first.owner, MIGRATIONS)
  await fill(first.database)
  await backUpTo(file, first.program)
  await assert.rejects(
    restoreTo(second.program, file),
    (error) => error instanceof OperatorError && /postern_owner/.test(error.message),
  )
  await restoreTo(second.owner, file)
  await openKeys(second.program, [OTHER_SECRET])
  await recordEvent(second.program, { type: 'backup_made', result: 'success', actor: null })
  assert.deepEqual(await rowsIn(second.program, 'users'), await rowsIn(first.database, 'users'))
  for (const sql of [
    'delete from auth.auth_audit_log',
    'update auth.audit_batches set count = 0',
    'drop table auth.users',
  ])
    await assert.rejects(
      second.program.withConnection((connection) => connection.script(sql)),
      /permission denied|must be owner/,
    )
})

async function openWithRoles(t: TestContext): Promise<{ database: Database; owner: Database; program: Database }> {
  const { database, url } = await openEmptyDatabase(t)
  await database.withConnection((connection) => connection.script(ROLES))
  const open = (role: string): Database => {
    const opened = openPostgres({ url: url.replace('//postgres@', `//${role}@`), poolSize: 2 })
    t.after(() => opened.close())
    return opened
  }
  return { database, owner: open('postern_owner'), program: open('postern') }
}
