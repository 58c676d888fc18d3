import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { headMessage } from '../../src/audit/chain.ts'
import { INSERT_HEAD } from '../../src/audit/chain-table.ts'
import { createDelivery } from '../../src/audit/deliver.ts'
import { DELIVER_FROM } from '../../src/audit/deliver-table.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import { verifyChain } from '../../src/audit/verify.ts'
import { readChainOf } from '../../src/audit/verify-source.ts'
import type { ReadChain } from '../../src/audit/verify-source.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'
import { tamper } from '../support/tamper.ts'
import { addRows, faultsOf, KEYS, sealedLog, SIGNER } from './chain-fixture.ts'

const LAST = statement<[], { day: string; number: number; hash: string }>(
  'last',
  `select (sealed_at at time zone 'UTC')::date::text as day, number::int as number, encode(hash, 'hex') as hash
   from auth.audit_batches order by number desc limit 1`,
)
const AHEAD = `now() + interval '1 year'`

test('a clock that steps back over midnight adds nothing to a day that has its head', async (t) => {
  const { database } = await openTestDatabase(t)
  await sealedLog(database)
  const [last] = await database.query(LAST)
  assert.ok(last)
  const { day, number, hash } = last
  await database.query(INSERT_HEAD, day, number, hash, SIGNER.keyId, SIGNER.sign(headMessage(day, number, hash)))
  await addRows(database, 2)
  assert.equal((await sealBatch(database, SIGNER))?.rows, 2)
  assert.notEqual((await database.query(LAST))[0]?.day, day)
  assert.deepEqual(await faultsOf(database), [])
})

test('what was sealed, held or put off while the clock ran ahead is delivered all the same', async (t) => {
  const { database } = await openTestDatabase(t)
  const sent: string[] = []
  const open = () =>
    createDelivery({
      database,
      sink: {
        name: 'webhook',
        send: async ({ events }) => void sent.push(...events.map(({ seq }) => seq)),
        close: async () => {},
      },
      log: { info: () => {}, warn: () => {} },
      holder: randomUUID(),
      onAge: () => {},
      onFailure: () => {},
    })
  await open().round(new AbortController().signal)
  await sealedLog(database)
  await tamper(
    database,
    `update auth.audit_batches set sealed_at = ${AHEAD};
     update auth.audit_deliveries set next_attempt_at = ${AHEAD}, held_until = ${AHEAD}, holder = gen_random_uuid()`,
  )
  await open().round(new AbortController().signal)
  assert.equal(sent.length, 12)
})

test('after a restore other events under the same numbers are another delivery, and the same ones the same', async (t) => {
  const ids: string[] = []
  for (let database = 0; database < 2; database++) {
    const opened = (await openTestDatabase(t)).database
    const delivery = createDelivery({
      database: opened,
      sink: { name: 'webhook', send: async ({ id }) => void ids.push(id), close: async () => {} },
      log: { info: () => {}, warn: () => {} },
      holder: randomUUID(),
      onAge: () => {},
      onFailure: () => {},
    })
    await delivery.round(new AbortController().signal)
    await addRows(opened, 3)
    await sealBatch(opened, SIGNER)
    for (let round = 0; round < 2; round++) {
      await delivery.round(new AbortController().signal)
      await opened.query(DELIVER_FROM, null, '2026-01-01')
    }
  }
  const [first, again, other] = ids
  assert.equal(ids.length, 4)
  assert.equal(first, again)
  assert.notEqual(first, other)
})

test('a day that ends while a log is verified has its head', async (t) => {
  const { database } = await openTestDatabase(t)
  await addRows(database, 2)
  await sealBatch(database, SIGNER)
  await tamper(database, `update auth.audit_batches set sealed_at = sealed_at - interval '2 days'`)
  await addRows(database, 2)
  assert.equal((await sealBatch(database, SIGNER))?.head?.number, 1)
  const read = readChainOf(database, KEYS)
  let looks = 0
  const lateHeads: ReadChain = async (what, given) => (what === 'heads' && looks++ === 0 ? [] : read(what, given))
  const { counts } = await verifyChain(lateHeads, { head: null })
  // The date of the batch was changed for this test.
  assert.deepEqual(counts, { batch_changed: 1, row_misdated: 2 })
})
