import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { checkBackup, verifyChainOfBackup } from '../../src/backup/check-backup.ts'
import { LEFT_OUT } from '../../src/backup/carried.ts'
import { createChainSigner, publicKeysOf } from '../../src/audit/chain-keys.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import { verifyChain } from '../../src/audit/verify.ts'
import { readChainOf } from '../../src/audit/verify-source.ts'
import { openKeys } from '../../src/credentials/keys.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { openEmptyDatabase, openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { addRows } from '../audit/chain-fixture.ts'
import type { Keys } from './filled.ts'
import { backUpTo, fill, openTestBackup, OTHER_SECRET, restoreTo, rowsIn, tableNames } from './filled.ts'

/** What a restore changes in rows that it brings back. */
const CHANGED: Readonly<Record<string, (line: string) => string>> = {
  devices: (line) => line.replace(/"trusted_(until|epoch)": (?:"[^"]*"|\d+)/g, '"trusted_$1": null'),
  keys: (line) => line.replace(/"wrapped_key": "[^"]*"/, '"wrapped_key": ""'),
}
const INVITATION = /"purpose": "invitation"/

suite('a backup from PostgreSQL, put into an embedded database and back', () => {
  const cleanup = suiteCleanup()
  let first: Database
  let embedded: Database
  let second: Database
  let keys: Keys
  let folder: string
  const file = (name: string): string => join(folder, name)
  before(async () => {
    folder = await temporaryDirectory(cleanup)
    first = (await openTestDatabase(cleanup)).database
    embedded = await openTestEmbedded(cleanup)
    second = (await openEmptyDatabase(cleanup)).database
    keys = await fill(first)
    await backUpTo(file('one'), first)
    await restoreTo(embedded, file('one'))
    await backUpTo(file('two'), embedded, [OTHER_SECRET])
    await restoreTo(second, file('two'))
  })

  test('holds every row of every table, but for those that are documented', async () => {
    for (const table of await tableNames(first)) {
      const original = await rowsIn(first, table)
      assert.ok(
        original.length > 0 || /^audit_(heads|removals)$/.test(table),
        `give test/backup/filled.ts a row of ${table}`,
      )
      const expected = (Object.hasOwn(LEFT_OUT, table) ? [] : original)
        .filter((line) => table !== 'one_time_tokens' || INVITATION.test(line))
        .map((line) => CHANGED[table]?.(line) ?? line)
        .toSorted()
      for (const database of [embedded, second]) {
        const found = (await rowsIn(database, table)).map((line) =>
          table === 'keys' ? (CHANGED['keys']?.(line) ?? '') : line,
        )
        if (table === 'database_identity') assert.equal(found.length, 1)
        else assert.deepEqual(found.toSorted(), expected, table)
      }
    }
    assert.notDeepEqual(await rowsIn(first, 'database_identity'), await rowsIn(second, 'database_identity'))
  })

  test('brings the purpose keys under the new secret', async () => {
    const restored = await openKeys(second, [OTHER_SECRET])
    for (const purpose of ['token', 'pepper', 'assertion', 'sealing', 'audit'] as const)
      assert.deepEqual(restored[purpose].minting.bytes, keys[purpose].minting.bytes)
  })

  test('counts on where the first database did, also past rows that are gone', async () => {
    const next = statement<[], { seq: string; id: string; version: number }>(
      'next',
      `select nextval('auth.auth_audit_log_seq_seq')::text as seq, nextval('auth.password_history_id_seq')::text as id,
         nextval('auth.policies_version_seq')::int as version`,
    )
    assert.deepEqual(await second.query(next), await first.query(next))
  })

  test('has a record that verifies, without a database too, and goes on', async () => {
    const chain = await verifyChainOfBackup(await openTestBackup(file('two')))
    assert.deepEqual([chain.ok, chain.faults, chain.batches], [true, [], 1])
    const restored = await openKeys(second, [OTHER_SECRET])
    await addRows(second, 3)
    await sealBatch(second, createChainSigner(restored.audit))
    const verified = await verifyChain(readChainOf(second, publicKeysOf(restored.audit)), {
      head: chain.head?.hash ?? '',
    })
    assert.deepEqual([verified.ok, verified.batches, verified.unsealed], [true, 2, 0])
    assert.equal(verified.rows, chain.rows + 3)
  })

  test('is for its owner alone, and says of itself what is in it', async () => {
    assert.equal(statSync(file('one')).mode & 0o777, 0o600)
    const backup = await openTestBackup(file('one'))
    const { users, rows, onward } = await checkBackup(backup, MIGRATIONS, () => {})
    assert.deepEqual([users, onward], [51, []])
    assert.ok(rows > 100)
  })
})
