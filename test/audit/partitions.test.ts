import assert from 'node:assert/strict'
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { dropPartitions, makePartitions } from '../../src/audit/partitions.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase, openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { tamper } from '../support/tamper.ts'
import { addRows, faultsOf, otherSigner, sealAll, SIGNER, verifyLog, writeEvent } from './chain-fixture.ts'

const MONTHS = statement<[], { name: string; rows: number }>(
  'months',
  `select c.relname as name, (select count(*) from auth.auth_audit_log l where l.tableoid = c.oid)::int as rows
   from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'auth.auth_audit_log'::regclass order by 1`,
)
const ROWS = statement<[], { seq: number; actor_login: string | null; at: string }>(
  'rows',
  `select seq::int as seq, actor_login, to_char(occurred_at at time zone 'UTC', 'YYYY-MM') as at
   from auth.auth_audit_log order by seq`,
)
const HASHED = statement<[], { number: number }>(
  'hashed',
  'select number::int as number from auth.audit_row_hashes order by 1',
)
/** Rows of a day so many days ago, as a log has them that is older than this test. */
const ADD_OLD = statement<[count: number, days: number]>(
  'add_old',
  `insert into auth.auth_audit_log (occurred_at, event_type, result)
   select date_trunc('month', now() - $2 * interval '1 day', 'UTC') + interval '3 days', 'sign_in', 'success'
   from generate_series(1, $1)`,
)

const DRIVERS: Readonly<Record<string, (t: TestContext) => Promise<Database>>> = {
  PostgreSQL: async (t) => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}

for (const [driver, open] of Object.entries(DRIVERS)) {
  describe(`with ${driver}`, () => {
    test('DOS-07 months are made ahead, and what came before them moves in', async (t) => {
      const database = await open(t)
      await writeEvent(database)
      await database.query(ADD_OLD, 2, 100)
      assert.deepEqual(await database.query(MONTHS), [{ name: 'auth_audit_log_default', rows: 3 }])
      assert.equal(await makePartitions(database), 5)
      const months = await database.query(MONTHS)
      assert.deepEqual(
        months.map(({ rows }) => rows),
        [2, 1, 0, 0, 0, 0],
      )
      assert.equal(months.at(-1)?.name, 'auth_audit_log_default')
      assert.deepEqual(
        (await database.query(ROWS)).map(({ seq }) => seq),
        [1, 2, 3],
      )
      assert.equal(await makePartitions(database), 0)
      await writeEvent(database)
      await sealAll(database)
      assert.deepEqual(await faultsOf(database), [])
    })

    test('DOS-07 months that are over long enough go once they are sealed, and the rest still verifies', async (t) => {
      const database = await open(t)
      await database.query(ADD_OLD, 3, 500)
      await database.query(ADD_OLD, 2, 450)
      await makePartitions(database)
      assert.equal(await dropPartitions(database, SIGNER, 400), null)
      await sealBatch(database, SIGNER, 4)
      assert.deepEqual((await dropPartitions(database, SIGNER, 400))?.rowCount, 3)
      await addRows(database, 2)
      await sealAll(database)
      // Of batch 1 a row is left, of the month after.
      assert.deepEqual(await database.query(HASHED), [{ number: 1 }, { number: 2 }])
      assert.deepEqual(await verified(database), { ok: true, rows: 4, removed: 3 })
      assert.deepEqual((await dropPartitions(database, SIGNER, 400))?.removedTo, 5)
      assert.deepEqual(await database.query(HASHED), [{ number: 2 }])
      assert.deepEqual(await verified(database), { ok: true, rows: 2, removed: 5 })
      assert.equal(await dropPartitions(database, SIGNER, 400), null)
      // What is left of that batch is missed as ever.
      await tamper(database, 'delete from auth.auth_audit_log where seq = 6')
      assert.deepEqual(await faultsOf(database), ['row_removed 6@2'])
    })
  })
}

test('less than 30 days is refused, whoever asks', async (t) => {
  const { database } = await openTestDatabase(t)
  for (const days of [29, 0, -1]) await assert.rejects(dropPartitions(database, SIGNER, days), { code: '22023' })
})

test('months that were removed without the word of our key are missed', async (t) => {
  const { database } = await openTestDatabase(t)
  await database.query(ADD_OLD, 3, 500)
  await makePartitions(database)
  await addRows(database, 2)
  await sealAll(database)
  const dropped = database.transaction(async (tx) => {
    await dropPartitions({ ...database, transaction: (work) => work(tx) }, otherSigner(7), 400)
    return faultsOf({ ...database, query: (...given) => tx.query(...given) })
  })
  assert.deepEqual(await dropped, ['removal_changed -@-', 'row_removed 1@1'])
})

test('a row that nobody sealed keeps its month', async (t) => {
  const { database } = await openTestDatabase(t)
  await database.query(ADD_OLD, 3, 500)
  await makePartitions(database)
  for (let round = 0; round < 3; round++) {
    await addRows(database, 1)
    await sealAll(database)
  }
  await tamper(
    database,
    `insert into auth.auth_audit_log (seq, occurred_at, event_type, result) overriding system value
     select -5, occurred_at, 'sign_in', 'success' from auth.auth_audit_log where seq = 1`,
  )
  assert.equal(await dropPartitions(database, SIGNER, 400), null)
})

test('an insert of a time without a month is kept', async (t) => {
  const { database } = await openTestDatabase(t)
  await makePartitions(database)
  await tamper(
    database,
    `insert into auth.auth_audit_log (occurred_at, event_type, result)
     values ('1970-01-01', 'sign_in', 'success'), ('2999-01-01', 'sign_in', 'success'), ('infinity', 'sign_in', 'success')`,
  )
  assert.equal(await makePartitions(database), 0)
  assert.equal((await database.query(MONTHS)).at(-1)?.rows, 3)
})

test('two processes that make months at once make each once', async (t) => {
  const { database } = await openTestDatabase(t)
  const made = await Promise.all(Array.from({ length: 6 }, () => makePartitions(database)))
  assert.equal(
    made.reduce((sum, one) => sum + one, 0),
    4,
  )
})

test('rows of a log from before are in the chain by their time, each in its month', async (t) => {
  const { database } = await openEmptyDatabase(t)
  const before = await temporaryDirectory(t)
  await cp(MIGRATIONS, before, { recursive: true })
  for (const name of await readdir(before)) if (/^\d/.test(name) && name >= '014') await rm(join(before, name))
  await migrate(database, before)
  await database.withConnection((connection) =>
    connection.script(`insert into auth.auth_audit_log (occurred_at, event_type, result, actor_login, risk_score, details)
      values ('2026-10-02', 'sign_in', 'success', 'third', 5, '{"a": 1}'), ('2026-08-31 23:59:59Z', 'sign_in', 'failure', 'first', null, '{}'),
        ('2026-09-01', 'sign_in', 'success', 'second', null, '{}')`),
  )
  await migrate(database, MIGRATIONS)
  assert.deepEqual(await database.query(ROWS), [
    { seq: 1, actor_login: 'first', at: '2026-08' },
    { seq: 2, actor_login: 'second', at: '2026-09' },
    { seq: 3, actor_login: 'third', at: '2026-10' },
  ])
  const months = await database.query(MONTHS)
  assert.deepEqual(
    months.map(({ name, rows }) => `${name} ${rows}`),
    ['auth_audit_log_2026_08 1', 'auth_audit_log_2026_09 1', 'auth_audit_log_2026_10 1', 'auth_audit_log_default 0'],
  )
  await sealAll(database)
  assert.deepEqual(await faultsOf(database), [])
})

async function verified(database: Database): Promise<object> {
  const { ok, rows, removed } = await verifyLog(database)
  return { ok, rows, removed }
}
