import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { rangesOf, readRanges } from '../../src/audit/chain.ts'
import { COUNT_UNSEALED } from '../../src/audit/chain-table.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { tamper } from '../support/tamper.ts'
import { addRows, faultsOf, sealAll, SIGNER, verifyLog, writeEvent } from './chain-fixture.ts'

const COUNT = statement<[], { rows: number; sealed: number }>(
  'count',
  `select (select count(*) from auth.auth_audit_log)::int as rows,
     coalesce((select sum(count) from auth.audit_batches), 0)::int as sealed`,
)
const BATCHES = statement<[], { rows: string; low: number }>(
  'batches',
  'select rows::text as rows, low::int as low from auth.audit_batches order by number',
)
const WRITERS = 32
const WRITES = 40

const DRIVERS: Readonly<Record<string, (t: TestContext) => Promise<Database>>> = {
  PostgreSQL: async (t) => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}

for (const [driver, open] of Object.entries(DRIVERS)) {
  describe(`with ${driver}`, () => {
    test('a log is sealed in batches as large as asked, none empty', async (t) => {
      const database = await open(t)
      await addRows(database, 7)
      const rounds = [
        await sealBatch(database, SIGNER, 3),
        await sealBatch(database, SIGNER, 3),
        await sealBatch(database, SIGNER, 3),
      ]
      assert.deepEqual(
        rounds.map((sealed) => [sealed?.rows, sealed?.more]),
        [
          [3, true],
          [3, true],
          [1, false],
        ],
      )
      const none = await sealBatch(database, SIGNER, 3)
      assert.deepEqual([none?.rows, none?.to?.number], [0, 3])
      assert.deepEqual(
        (await database.query(BATCHES)).map(({ rows }) => rows),
        ['{[1,4)}', '{[4,7)}', '{[7,8)}'],
      )
      assert.equal((await verifyLog(database)).ok, true)
    })

    test('rolled back transactions leave holes that are no faults', async (t) => {
      const database = await open(t)
      for (let round = 0; round < 3; round++) {
        await writeEvent(database)
        await assert.rejects(
          database.transaction(async (tx) => {
            await writeEvent(tx as Database)
            throw new Error('taken back')
          }),
        )
      }
      await sealAll(database)
      assert.deepEqual(
        (await database.query(BATCHES)).map(({ rows }) => rows),
        ['{[1,2),[3,4),[5,6)}'],
      )
      assert.deepEqual(await faultsOf(database), [])
    })

    test('a day that is over gets its head once, signed, and a deleted one is missed', async (t) => {
      const database = await open(t)
      await addRows(database, 2)
      const first = await sealBatch(database, SIGNER)
      assert.equal(first?.head, null)
      await tamper(database, `update auth.audit_batches set sealed_at = sealed_at - interval '2 days'`)
      const [next, again] = [await sealBatch(database, SIGNER), await sealBatch(database, SIGNER)]
      assert.equal(next?.head?.number, 1)
      assert.equal(next?.head?.hash, first?.to?.hash)
      assert.equal(again?.head, null)
      await addRows(database, 1)
      await sealBatch(database, SIGNER)
      // That date is as untrue as the batch's, which is the only fault.
      assert.deepEqual(await faultsOf(database), ['batch_changed -@1', 'row_misdated 1@1', 'row_misdated 2@1'])
      await tamper(database, 'delete from auth.audit_heads')
      assert.ok((await faultsOf(database)).includes('head_missing -@-'))
    })
  })
}

test('32 writers at once, some of whom take it back, are sealed while they write, each row once', async (t) => {
  const { url, database } = await openTestDatabase(t)
  const many = openPostgres({ url, poolSize: WRITERS })
  t.after(() => many.close())
  const state = { done: false }
  const writers = Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let write = 0; write < WRITES; write++)
        await many
          .transaction(async (tx) => {
            await addRows(tx as Database, 1 + (write % 3))
            if ((write + writer) % 4 === 0) throw new Error('taken back')
          })
          .catch((error: Error) => assert.equal(error.message, 'taken back'))
    }),
  ).finally(() => (state.done = true))
  while (!state.done) await Promise.all([sealBatch(database, SIGNER, 100), sealBatch(database, SIGNER, 100)])
  await writers
  await sealAll(database)
  const [counted] = await database.query(COUNT)
  assert.equal(counted?.sealed, counted?.rows)
  assert.equal((await database.query(COUNT_UNSEALED))[0]?.count, 0)
  const { ok, rows, batches, faults } = await verifyLog(database)
  assert.deepEqual({ ok, rows, faults }, { ok: true, rows: counted?.rows, faults: [] })
  assert.ok(batches > 10, `${batches} batches`)
})

test('what is committed late comes in a later batch, and its place is kept open until then', async (t) => {
  const { url, database } = await openTestDatabase(t)
  const other = openPostgres({ url })
  t.after(() => other.close())
  const written = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const late = other.transaction(async (tx) => {
    await addRows(tx as Database, 1)
    written.resolve()
    await mayCommit.promise
  })
  await written.promise
  await addRows(database, 2)
  await sealBatch(database, SIGNER)
  await addRows(database, 1)
  await sealBatch(database, SIGNER)
  mayCommit.resolve()
  await late
  await sealBatch(database, SIGNER)
  await addRows(database, 1)
  await sealBatch(database, SIGNER)
  assert.deepEqual(await database.query(BATCHES), [
    { rows: '{[2,4)}', low: 1 },
    { rows: '{[4,5)}', low: 1 },
    { rows: '{[1,2)}', low: 5 },
    { rows: '{[5,6)}', low: 5 },
  ])
  assert.deepEqual(await faultsOf(database), [])
})

test('two processes that seal at once make one chain', async (t) => {
  const { url, database } = await openTestDatabase(t)
  const processes = Array.from({ length: 4 }, () => openPostgres({ url }))
  for (const each of processes) t.after(() => each.close())
  await addRows(database, 500)
  await Promise.all(
    processes.map(async (each) => {
      for (let round = 0; round < 20; round++) await sealBatch(each, SIGNER, 10)
    }),
  )
  await sealAll(database)
  const { ok, rows, batches } = await verifyLog(database)
  assert.deepEqual({ ok, rows }, { ok: true, rows: 500 })
  assert.ok(batches > 1)
})

test('a row under a number of long ago is never sealed, so it is found', async (t) => {
  const { database } = await openTestDatabase(t)
  await addRows(database, 5)
  await tamper(database, 'delete from auth.auth_audit_log where seq = 3')
  for (let round = 0; round < 3; round++) {
    await addRows(database, 1)
    await sealAll(database)
  }
  assert.deepEqual(await faultsOf(database), [])
  await tamper(
    database,
    `insert into auth.auth_audit_log (seq, occurred_at, event_type, result) overriding system value
    values (3, now() - interval '1 day', 'sign_in', 'success')`,
  )
  await addRows(database, 1)
  await sealAll(database)
  assert.deepEqual(await faultsOf(database), ['row_inserted 3@-'])
})

test('a row with a new number and a date of long ago is sealed, and found', async (t) => {
  const { database } = await openTestDatabase(t)
  await addRows(database, 2)
  await sealAll(database)
  await tamper(
    database,
    `insert into auth.auth_audit_log (occurred_at, event_type, result) values (now() - interval '1 hour', 'sign_in', 'success')`,
  )
  assert.deepEqual(await faultsOf(database), ['row_misdated 3@-'])
  await sealAll(database)
  assert.deepEqual(await faultsOf(database), ['row_misdated 3@2'])
})

test('ranges of numbers are read as they were written', () => {
  const numbers = fc.uniqueArray(fc.nat(300), { minLength: 1 }).map((list) => list.sort((one, other) => one - other))
  fc.assert(
    fc.property(numbers, (list) => {
      const read = readRanges(rangesOf(list)) ?? []
      assert.deepEqual(
        read.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index)),
        list,
      )
    }),
  )
  for (const wrong of ['', '[1,2)', '{[1,2),}', '{(,5)}', '{[1,)}', '{[1,2)[3,4)}'])
    assert.equal(readRanges(wrong), null, wrong)
})
