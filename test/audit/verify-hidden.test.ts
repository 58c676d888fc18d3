import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealBatch } from '../../src/audit/seal.ts'
import { COUNT_UNSEALED } from '../../src/audit/chain-table.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'
import { tamper } from '../support/tamper.ts'
import { addRows, faultsOf, sealAll, sealedLog, SIGNER, verifyLog } from './chain-fixture.ts'

const RENUMBER = statement<[]>('renumber', `select setval('auth.auth_audit_log_seq_seq', 1, false)`)
const ROW = `insert into auth.auth_audit_log (seq, occurred_at, event_type, result) overriding system value`

test('a second row under the number of a sealed one is found wherever pages end', async (t) => {
  const { database } = await openTestDatabase(t)
  await addRows(database, 5_002)
  await sealAll(database)
  await tamper(
    database,
    `${ROW} select seq, now() + n * interval '1 minute', 'roles_changed', 'success'
     from (values (4999), (5000), (5001)) given (seq), (values (-1), (1)) dates (n)`,
  )
  const found = (await faultsOf(database)).filter((fault) => fault.startsWith('row_inserted'))
  assert.deepEqual(
    found,
    [4999, 4999, 5000, 5000, 5001, 5001].map((seq) => `row_inserted ${seq}@-`),
  )
})

test('more rows under one number than a page has are found, and what follows is read', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  await tamper(
    database,
    `${ROW} select 6, now() - n * interval '1 ms', 'sign_in', 'success' from generate_series(1, 6000) n;
     delete from auth.auth_audit_log where seq = 11`,
  )
  const { counts } = await verifyLog(database)
  assert.ok((counts.row_inserted ?? 0) > 4_000)
  assert.equal(counts.row_removed, 1)
})

test('a row under a number that none comes to is found, and keeps no other from being sealed', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  await tamper(
    database,
    `${ROW} values (9223372036854775807, now(), 'sign_in', 'success'), (1000000000000000, now(), 'sign_in', 'success')`,
  )
  await addRows(database, 2)
  assert.equal((await sealBatch(database, SIGNER))?.rows, 2)
  const faults = await faultsOf(database)
  assert.deepEqual(
    faults.map((fault) => fault.split(' ')[0]),
    ['row_inserted', 'row_inserted'],
  )
})

test('a batch put before the first one is found, and keeps no row from being sealed', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  await tamper(
    database,
    `insert into auth.audit_batches select -5, form, previous_hash, hash, '{[13,1000)}', 987, low, seen_to, writers,
       rows_hash, sealed_at, key_id, signature from auth.audit_batches where number = 3`,
  )
  await addRows(database, 2)
  assert.equal((await database.query(COUNT_UNSEALED))[0]?.count, 2)
  assert.equal((await sealBatch(database, SIGNER))?.rows, 2)
  assert.deepEqual(await faultsOf(database), ['batch_out_of_order -@-5'])
})

test('numbers that begin anew are told of as soon as a row has one', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  await tamper(
    database,
    `update auth.audit_batches set sealed_at = sealed_at - interval '10 minutes';
     update auth.auth_audit_log set occurred_at = occurred_at - interval '10 minutes'`,
  )
  const isRenumbered = async () => (await database.query(COUNT_UNSEALED))[0]?.is_renumbered
  await addRows(database, 1)
  assert.equal(await isRenumbered(), false)
  await database.query(RENUMBER)
  await addRows(database, 1)
  assert.equal(await isRenumbered(), true)
})
