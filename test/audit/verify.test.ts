import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import fc from 'fast-check'
import { batchMessage, BEFORE_THE_FIRST, hashBatch } from '../../src/audit/chain.ts'
import { LIST_BATCHES } from '../../src/audit/verify-table.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import { tamper } from '../support/tamper.ts'
import { addRows, faultsOf, otherSigner, sealAll, sealedLog, verifyLog } from './chain-fixture.ts'

const EVENT_IDS = statement<[], { seq: number; id: string }>(
  'event_ids',
  'select seq::int as seq, id from auth.auth_audit_log order by seq',
)

const TRIGGERS_OFF = statement<[], object>(
  'triggers_off',
  `select set_config('session_replication_role', 'replica', true)`,
)
const HEAD_OF_LAST = statement<[]>(
  'head_of_last',
  `insert into auth.audit_heads (day, number, hash, key_id, signature)
   select current_date, number, hash, key_id, signature from auth.audit_batches order by number desc limit 1`,
)

/** What somebody does who owns the database, and what is then said. */
const TAMPERED: readonly (readonly [what: string, sql: string, faults: readonly string[]])[] = [
  ['a column changed', `update auth.auth_audit_log set actor_login = 'mallory' where seq = 6`, ['row_changed 6@2']],
  ['a null made empty', `update auth.auth_audit_log set user_agent = '' where seq = 6`, ['row_changed 6@2']],
  ['a row deleted', `delete from auth.auth_audit_log where seq = 6`, ['row_removed 6@2']],
  ['rows deleted', `delete from auth.auth_audit_log where seq in (6, 7, 11)`, ['row_removed 6@2', 'row_removed 11@3']],
  ['the last rows deleted', `delete from auth.auth_audit_log where seq > 10`, ['row_removed 11@3']],
  ['all rows gone', `delete from auth.auth_audit_log`, ['row_removed 1@1', 'row_removed 5@2', 'row_removed 9@3']],
  [
    'a row put under a number of long ago',
    `insert into auth.auth_audit_log (seq, event_type, result) overriding system value values (0, 'sign_in', 'success')`,
    ['row_inserted 0@-'],
  ],
  [
    'two rows swapped',
    `update auth.auth_audit_log set seq = case seq when 3 then -1 else 3 end where seq in (3, 10);
     update auth.auth_audit_log set seq = 10 where seq = -1`,
    ['row_moved 3@1', 'row_moved 10@3'],
  ],
  [
    'a row renumbered',
    `delete from auth.auth_audit_log where seq = 8; update auth.auth_audit_log set seq = 8 where seq = 2`,
    ['row_moved 8@2'],
  ],
  [
    'a batch deleted with its rows',
    `delete from auth.audit_row_hashes where number = 2; delete from auth.audit_batches where number = 2;
     delete from auth.auth_audit_log where seq between 5 and 8`,
    ['batch_missing -@3'],
  ],
  [
    'a batch deleted',
    `delete from auth.audit_batches where number = 2`,
    ['batch_missing -@3', 'row_inserted 5@-', 'row_inserted 6@-', 'row_inserted 7@-', 'row_inserted 8@-'],
  ],
  [
    'the date of a batch changed',
    `update auth.audit_batches set sealed_at = sealed_at - interval '1 s' where number = 1`,
    ['batch_changed -@1'],
  ],
  [
    'a signature changed',
    `update auth.audit_batches set signature = set_byte(signature, 5, get_byte(signature, 5) # 1) where number = 3`,
    ['wrong_signature -@3'],
  ],
  [
    'a key that is not ours',
    `update auth.audit_batches set key_id = 99 where number = 3`,
    ['batch_changed -@3', 'wrong_signature -@3'],
  ],
  [
    'the hashes of rows changed',
    `update auth.audit_row_hashes set hashes = set_byte(hashes, 40, 1 # get_byte(hashes, 40)) where number = 2`,
    ['row_hashes_changed -@2'],
  ],
  [
    'a row changed and its hashes deleted',
    `delete from auth.audit_row_hashes where number = 2; update auth.auth_audit_log set result = 'failure' where seq = 7`,
    ['row_changed 5@2'],
  ],
]

for (const [name, open] of [
  ['PostgreSQL', async (t: TestContext) => (await openTestDatabase(t)).database],
  ['the embedded database', openTestEmbedded],
] as const) {
  describe(`in ${name}`, () => {
    test('an honest log is found as it was written', async (t) => {
      const database = await open(t)
      await sealedLog(database)
      const { ok, rows, batches, unsealed, head, faults } = await verifyLog(database)
      assert.deepEqual(
        { ok, rows, batches, unsealed, faults },
        { ok: true, rows: 12, batches: 3, unsealed: 0, faults: [] },
      )
      assert.equal(head?.number, 3)
    })

    test('LOG-04 whatever is done to a sealed log is found and named', async (t) => {
      const database = await open(t)
      await sealedLog(database)
      for (const [what, sql, faults] of TAMPERED) {
        await assert.rejects(
          database.withConnection(async (connection) => {
            await connection.script(`begin; set local session_replication_role = replica;
              alter table auth.auth_audit_log alter column seq set generated by default; ${sql}`)
            const found = await faultsOf({ ...database, query: (...given) => connection.query(...given) })
            assert.deepEqual(found, faults, what)
            throw new Error('looked at')
          }),
          /looked at/,
          what,
        )
      }
    })
  })
}

test('a fault names the event and what to look for', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  const ids = await database.query(EVENT_IDS)
  await tamper(database, `update auth.auth_audit_log set details = '{}' where seq = 6`)
  const [fault] = (await verifyLog(database)).faults
  const id = ids[5]?.id ?? ''
  assert.deepEqual([fault?.seq, fault?.batch, fault?.id], [6, 2, id])
  assert.equal(fault?.text, `Row 6 of batch 2 was changed. It is event ${id}, sign_in.`)
})

test('the end of a chain that was cut off is missed by whoever wrote its head down', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  const { head } = await verifyLog(database)
  const hash = head?.hash ?? ''
  await addRows(database, 2)
  await sealAll(database)
  assert.deepEqual(await faultsOf(database, hash), [])
  await tamper(
    database,
    `delete from auth.audit_row_hashes where number > 2; delete from auth.audit_batches where number > 2;
     delete from auth.auth_audit_log where seq > 8`,
  )
  assert.deepEqual(await faultsOf(database), [])
  assert.deepEqual(await faultsOf(database, hash), ['head_not_found -@-'])
})

test('a cut chain is missed by the heads of days too', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  await database.query(HEAD_OF_LAST)
  await tamper(
    database,
    `delete from auth.audit_row_hashes where number = 3; delete from auth.audit_batches where number = 3;
     delete from auth.auth_audit_log where seq > 8`,
  )
  const kinds = (await verifyLog(database)).faults.map(({ kind }) => kind)
  assert.deepEqual(new Set(kinds), new Set(['head_changed', 'wrong_signature']))
})

test('a chain that somebody wrote anew with a key of his own is found from its first batch on', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  for (const keyId of [7, 8]) {
    const forger = otherSigner(keyId)
    let previousHash = BEFORE_THE_FIRST
    for (const batch of await database.query(LIST_BATCHES, 0, 100)) {
      const { number, rows, count, low, writers } = batch
      const facts = { number, rows, count, low, writers, seenTo: batch.seen_to, rowsHash: batch.rows_hash }
      const hash = hashBatch({ ...facts, previousHash, sealedAt: batch.sealed_at, keyId })
      const signature = forger.sign(batchMessage(number, hash)).toString('hex')
      await tamper(
        database,
        `update auth.audit_batches set previous_hash = decode('${previousHash}', 'hex'), hash = decode('${hash}', 'hex'),
           signature = decode('${signature}', 'hex'), key_id = ${keyId} where number = ${number}`,
      )
      previousHash = hash
    }
    assert.deepEqual(await faultsOf(database), ['wrong_signature -@1', 'wrong_signature -@2', 'wrong_signature -@3'])
  }
})

test('LOG-04 whichever column of whichever row is changed, and to whatever, it is found', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replaceAll('\0', ''))
  const values = {
    id: fc.uuid(),
    occurred_at: fc
      .date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    event_type: text,
    action: fc.option(text),
    resource: fc.option(text),
    result: fc.constantFrom('success', 'failure'),
    actor_id: fc.option(fc.uuid()),
    actor_login: fc.option(text),
    session_id: fc.option(fc.uuid()),
    ip_address: fc.option(fc.ipV4()),
    user_agent: text,
    request_id: fc.option(text),
    risk_score: fc.option(fc.nat(100).map(String)),
    details: fc.json().map((value) => value.replaceAll('\\u0000', '')),
  }
  const change = fc
    .constantFrom(...(Object.keys(values) as (keyof typeof values)[]))
    .chain((column) => fc.tuple(fc.constant(column), fc.integer({ min: 1, max: 12 }), values[column]))
  await fc.assert(
    fc.asyncProperty(change, async ([column, seq, value]) => {
      const quoted = value === null ? 'null' : `'${value.replaceAll("'", "''")}'`
      const found = await lookAt(
        database,
        `update auth.auth_audit_log set ${column} = ${quoted} where seq = ${seq} and ${column} is distinct from ${quoted}`,
      )
      const isChanged = found.changed === 1
      assert.equal(
        found.faults.some((fault) => fault.startsWith(`row_changed ${seq}@`)),
        isChanged,
        `${column} ${quoted}`,
      )
    }),
    { numRuns: 300 },
  )
})

/** Does something in a transaction that is taken back again, and says what a look at the log gives meanwhile. */
async function lookAt(database: Database, update: string): Promise<{ changed: number; faults: string[] }> {
  const seen: { changed: number; faults: string[] }[] = []
  const taken = database.transaction(async (tx) => {
    await tx.query(TRIGGERS_OFF)
    const changed = (await tx.query(statement<[], object>('update', `${update} returning 1 as one`))).length
    seen.push({ changed, faults: await faultsOf({ ...database, query: (...given) => tx.query(...given) }) })
    throw new Error('taken back')
  })
  await assert.rejects(taken, /taken back/)
  const [found] = seen
  assert.ok(found !== undefined)
  return found
}
