import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { createCount, createSealer, keepSealing } from '../../src/chores/audit.ts'
import { createLog } from '../../src/observe/log.ts'
import type { Context } from '../../src/parts/context.ts'
import { statement } from '../../src/store/statement.ts'
import { addRows, KEYS, sealAll, SIGNER, verifyLog } from '../audit/chain-fixture.ts'
import { openTestApp } from '../support/app.ts'
import { openTestDatabase } from '../support/database.ts'
import { tamper } from '../support/tamper.ts'

const PARTS = statement<[], { months: number; batches: number }>(
  'parts',
  `select (select count(*) from pg_inherits where inhparent = 'auth.auth_audit_log'::regclass)::int as months,
     (select count(*) from auth.audit_batches)::int as batches`,
)

test('a server makes the months at its start and seals what is left at its end', async (t) => {
  const { context, database } = await openTestApp(t)
  await addRows(database, 3)
  const opened = new AsyncDisposableStack()
  keepSealing(context, opened)
  await opened.disposeAsync()
  assert.deepEqual(await database.query(PARTS), [{ months: 5, batches: 1 }])
})

test('the head of a day is logged with a signature that whoever has the public key can check', async (t) => {
  const { database } = await openTestDatabase(t)
  const { lines, seal } = sealerOf(database)
  await addRows(database, 2)
  await seal()
  await tamper(database, `update auth.audit_batches set sealed_at = sealed_at - interval '1 day'`)
  await seal()
  const [line] = lines.filter(({ msg }) => msg === 'audit head')
  const [number, hash] = String(line?.['head']).split(':')
  assert.equal(number, '1')
  const message = Buffer.from(`postern audit head ${String(line?.['day'])} 1 ${hash}`)
  const signature = Buffer.from(String(line?.['signature']), 'hex')
  assert.ok(verify(null, message, createPublicKey(KEYS[0]?.pem ?? ''), signature))
})

test('a server whose chain became shorter, or another, says so at once', async (t) => {
  const { database } = await openTestDatabase(t)
  const { lines, seal } = sealerOf(database)
  for (let round = 0; round < 2; round++) {
    await addRows(database, 2)
    await seal()
  }
  assert.deepEqual(lines, [])
  await tamper(
    database,
    'delete from auth.audit_row_hashes where number = 2; delete from auth.audit_batches where number = 2',
  )
  await seal()
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['the chain of the audit log was cut or rewritten: run postern audit verify'],
  )
  await tamper(database, `update auth.audit_batches set hash = previous_hash where number = 2`)
  await seal()
  assert.equal(lines.length, 2)
})

test('another process may seal in between', async (t) => {
  const { database } = await openTestDatabase(t)
  const { lines, seal } = sealerOf(database)
  await addRows(database, 2)
  await seal()
  await addRows(database, 2)
  await sealAll(database)
  await seal()
  assert.deepEqual(lines, [])
  assert.equal((await verifyLog(database)).batches, 2)
})

test('numbers that begin anew, as after a restore without the sequence, are told of once', async (t) => {
  const { database } = await openTestDatabase(t)
  const told: string[] = []
  let breaks = 0
  const metrics = { auditUnsealed: () => {}, auditChainBroken: () => breaks++ }
  const log = { error: (line: string) => void told.push(line) } as never
  const count = createCount({ database, log, metrics })
  await addRows(database, 2)
  await sealAll(database)
  await tamper(
    database,
    `update auth.audit_batches set sealed_at = sealed_at - interval '10 minutes';
     update auth.auth_audit_log set occurred_at = occurred_at - interval '10 minutes'`,
  )
  await addRows(database, 1)
  await count()
  assert.deepEqual([told, breaks], [[], 0])
  await tamper(database, `select setval('auth.auth_audit_log_seq_seq', 1, false)`)
  await addRows(database, 1)
  for (let round = 0; round < 2; round++) await count()
  assert.deepEqual([told.length, breaks], [1, 1])
})

function sealerOf(database: Context['database']) {
  const lines: Record<string, unknown>[] = []
  const log = createLog(
    'info',
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
        done()
      },
    }),
  )
  const metrics = { auditBatchSealed: () => {}, auditChainBroken: () => {} }
  return { lines, seal: createSealer({ database, log, metrics }, SIGNER) }
}
