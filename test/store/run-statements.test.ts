import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openEmbedded } from '../../src/store/embedded.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { PooledDatabase } from '../../src/store/database.ts'
import type { OnStatement } from '../../src/store/run-statements.ts'
import { failureOf } from '../../src/store/statement-failure.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { until } from '../support/until.ts'

const napFor = statement<[seconds: number]>('nap', 'select pg_sleep($1)')
const divide = statement<[by: number]>('divide', 'select 1 / $1::int')
const makeTable = statement<[]>('make_table', 'create table things (id int primary key)')
const addThing = statement<[id: number]>('add_thing', 'insert into things values ($1)')
const misspelt = statement<[]>('misspelt', 'selekt')

const kinds: Readonly<Record<string, (t: TestContext, onStatement: OnStatement) => Promise<PooledDatabase>>> = {
  PostgreSQL: async (t, onStatement) => {
    const { url } = await openEmptyDatabase(t)
    return openPostgres({ url, poolSize: 2, onStatement })
  },
  'the embedded database': async (t, onStatement) =>
    openEmbedded({ directory: await temporaryDirectory(t), onExit: () => undefined, onStatement }),
}
for (const [kind, open] of Object.entries(kinds)) {
  test(`${kind} tells of each statement by its label, how long it took, and why it failed`, async (t) => {
    const told: string[] = []
    let slowest = 0
    const database = await open(t, (label, ms, failure) => {
      told.push(`${label} ${failure ?? 'done'}`)
      slowest = Math.max(slowest, ms)
    })
    t.after(() => database.close())
    await database.query(napFor, 0.05)
    assert.ok(slowest >= 49, `${slowest} ms`)
    await assert.rejects(database.query(divide, 0))
    await assert.rejects(database.query(misspelt))
    await database.transaction(async (tx) => {
      await tx.query(makeTable)
      await tx.query(addThing, 1)
    })
    await assert.rejects(database.transaction((tx) => tx.query(addThing, 1)))
    assert.deepEqual(told, [
      'nap done',
      'divide value',
      'misspelt other',
      'make_table done',
      'add_thing done',
      'commit done',
      'add_thing constraint',
    ])
  })
}

test('a pool tells what is at work, what is idle and who waits', async (t) => {
  const { url } = await openEmptyDatabase(t)
  const database = openPostgres({ url, poolSize: 1 })
  assert.deepEqual(database.poolUse(), { used: 0, idle: 0, waiting: 0 })
  const gate = Promise.withResolvers<void>()
  t.after(() => {
    gate.resolve()
    return database.close()
  })
  const held = database.withConnection(() => gate.promise)
  await until('the connection is taken', 5_000, () => database.poolUse().used === 1)
  const waiting = database.query(napFor, 0)
  await until('somebody waits', 5_000, () => database.poolUse().waiting === 1)
  gate.resolve()
  await Promise.all([held, waiting])
  assert.deepEqual(database.poolUse(), { used: 0, idle: 1, waiting: 0 })
})

test('a statement over its time limit and a server that is away are told apart', async (t) => {
  const { url } = await openEmptyDatabase(t)
  const told: string[] = []
  const onStatement: OnStatement = (label, _ms, failure) => void told.push(`${label} ${failure}`)
  const database = openPostgres({ url, queryTimeoutMs: 50, onStatement })
  t.after(() => database.close())
  await assert.rejects(database.query(napFor, 5))
  const ender = statement<[], { ended: boolean }>('ender', 'select pg_terminate_backend(pg_backend_pid()) as ended')
  await assert.rejects(database.query(ender))
  assert.deepEqual(told, ['nap timeout', 'ender unavailable'])
})

const codes: readonly [code: string, reason: string][] = [
  ['57014', 'timeout'],
  ['55P03', 'timeout'],
  ['42501', 'permission'],
  ['23505', 'constraint'],
  ['22P02', 'value'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['08006', 'unavailable'],
  ['57P01', 'unavailable'],
  ['ECONNREFUSED', 'unavailable'],
  ['42601', 'other'],
]
for (const [code, reason] of codes) {
  test(`a statement that fails by ${code} counts as ${reason}`, () => {
    assert.equal(failureOf(Object.assign(new Error('no'), { code })), reason)
  })
}
