import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import fc from 'fast-check'
import { OperatorError } from '../../src/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { tamper } from '../support/tamper.ts'
import { suiteCleanup } from '../support/app.ts'
import { openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { verifyChainOfBackup } from '../../src/backup/check-backup.ts'
import { backUpTo, fill, openTestBackup, restoreTo, rowsIn } from './filled.ts'

const HEADER_TEXT = /^postern-backup 1\n\{.*?\}\n/s

suite('a backup that is not as it was written', () => {
  const cleanup = suiteCleanup()
  let source: Database
  let target: Database
  let folder: string
  let bytes: Buffer
  const file = (name: string): string => join(folder, name)
  before(async () => {
    folder = await temporaryDirectory(cleanup)
    source = (await openTestDatabase(cleanup)).database
    target = (await openTestDatabase(cleanup)).database
    await fill(source)
    await backUpTo(file('whole'), source)
    bytes = readFileSync(file('whole'))
    await restoreTo(target, file('whole'))
  })

  test('is refused wherever a bit of it flipped, and the database stays as it was', async () => {
    const users = await rowsIn(target, 'users')
    const keys = await rowsIn(target, 'keys')
    const headerBits = 8 * (HEADER_TEXT.exec(bytes.toString('latin1'))?.[0].length ?? 0)
    const anywhere = fc.integer({ min: 0, max: 8 * bytes.length - 1 })
    await fc.assert(
      // Few, since each costs an argon2id of its own; chunks.test.ts turns many more.
      fc.asyncProperty(fc.oneof(anywhere, fc.integer({ min: 0, max: headerBits - 1 })), async (bit) => {
        const changed = Buffer.from(bytes)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        writeFileSync(file('flipped'), changed)
        await assert.rejects(restoreTo(target, file('flipped')), OperatorError)
      }),
      { numRuns: 12 },
    )
    assert.deepEqual([await rowsIn(target, 'users'), await rowsIn(target, 'keys')], [users, keys])
  })

  test('is refused under another passphrase, and its beginning asks for no more than a machine has', async () => {
    const wrong = await openTestBackup(file('whole'), 'a passphrase that is long enougH')
    await assert.rejects(wrong.read().next(), /The passphrase is another/)
    for (const [from, to] of [
      ['"memory_kib":65536', '"memory_kib":99999999'],
      ['"passes":3', '"passes":1000000'],
      ['"lanes":4', '"lanes":0'],
      ['"schema":', '"schema":-'],
      ['postern-backup 1', 'postern-backup x'],
    ] as const) {
      writeFileSync(file('asks'), Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1'))
      await assert.rejects(openTestBackup(file('asks')), /This is no backup of Postern/)
    }
    writeFileSync(file('newer'), bytes.toString('latin1').replace('postern-backup 1', 'postern-backup 2'), 'latin1')
    await assert.rejects(openTestBackup(file('newer')), /a newer Postern/)
    await assert.rejects(openTestBackup(file('nowhere')), /can't be read/)
  })

  test('tells of a record that was tampered with before it was made', async () => {
    await tamper(
      source,
      `update auth.auth_audit_log set actor_login = 'eve' where seq = 9; delete from auth.auth_audit_log where seq = 11`,
    )
    await backUpTo(file('tampered'), source)
    const chain = await verifyChainOfBackup(await openTestBackup(file('tampered')))
    assert.deepEqual(
      chain.faults.map(({ kind, seq }) => [kind, seq]),
      [
        ['row_changed', 9],
        ['row_removed', 11],
      ],
    )
  })
})
