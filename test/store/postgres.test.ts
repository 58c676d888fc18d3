import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { OperatorError, PosternError } from '../../src/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase, openTestDatabase } from '../support/database.ts'
import { startPostgres } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { databaseContract, eventually, isUnavailable } from './database.contract.ts'

const one = statement<[], { one: number }>('one', 'select 1 as one')
const preparedNames = statement<[], { name: string }>(
  'prepared_names',
  'select name from pg_prepared_statements order by name',
)

await databaseContract(async (t) => (await openEmptyDatabase(t)).database)

test('a killed server means store_unavailable, and a new one is found without a restart', async (t) => {
  const { server, database } = await openPrivate(t)
  await Promise.all(Array.from({ length: 5 }, () => database.query(one)))
  const held = database.transaction(async (tx) => {
    await tx.query(one)
    await server.kill()
    await eventually(() => tx.query(one).then(() => false, isUnavailable))
    return tx.query(one)
  })
  await assert.rejects(held, isUnavailable)
  await assert.rejects(database.query(one), isUnavailable)
  await server.start()
  assert.deepEqual(await database.query(one), [{ one: 1 }])
})

test('a stopped server means store_unavailable', async (t) => {
  const { server, database } = await openPrivate(t)
  await database.query(one)
  await server.stop()
  await eventually(() => database.query(one).then(() => false, isUnavailable))
  await assert.rejects(database.query(one), isUnavailable)
})

test('a server that hangs holds nobody longer than the time limits, not even close', async (t) => {
  const before = openSockets()
  const server = await startPostgres()
  t.after(() => server.close())
  const database = openPostgres({ url: `${server.urlPrefix}postgres`, queryTimeoutMs: 200, connectTimeoutMs: 200 })
  await database.query(one)
  server.signal('SIGSTOP')
  const started = performance.now()
  await assert.rejects(database.query(one), isUnavailable)
  await assert.rejects(database.query(one), isUnavailable)
  await assert.rejects(Promise.all([database.query(one), database.query(one)]), isUnavailable)
  assert.ok(performance.now() - started < 2_000)
  server.signal('SIGCONT')
  assert.deepEqual(await database.query(one), [{ one: 1 }])
  server.signal('SIGSTOP')
  const closing = performance.now()
  await database.close()
  assert.ok(performance.now() - closing < 4_000)
  assert.equal(openSockets(), before)
})

test('nothing that listens means store_unavailable with the reason for the log', async (t) => {
  const database = openPostgres({ url: 'postgresql://someone:hunter2@127.0.0.1:1/nothing' })
  t.after(() => database.close())
  const error: unknown = await database.query(one).catch((reason: unknown) => reason)
  assert.ok(error instanceof PosternError)
  assert.match(error.detail, /ECONNREFUSED/)
  assert.doesNotMatch(`${error.detail} ${String(error.cause)} ${error.stack}`, /hunter2/)
})

test("a URL that cannot be read is the operator's error, and its password is in no text", () => {
  for (const url of ['postgresql://someone:hunter2@host:port/name', 'postgresql://someone:hunter2@[::/name']) {
    assert.throws(
      () => openPostgres({ url }),
      (error) =>
        error instanceof OperatorError &&
        error.exitCode === 2 &&
        !`${error.stack} ${String(error.cause)}`.includes('hunter2'),
    )
  }
})

test('statements are prepared by name unless that is turned off', async (t) => {
  const { url } = await openTestDatabase(t)
  for (const preparedStatements of [true, false]) {
    const database = openPostgres({ url, poolSize: 1, preparedStatements })
    t.after(() => database.close())
    await database.query(one)
    const names = (await database.query(preparedNames)).map(({ name }) => name)
    assert.equal(names.includes(one.name), preparedStatements)
  }
})

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'PipeWrap').length
}

async function openPrivate(t: TestContext): Promise<{ server: PostgresServer; database: Database }> {
  const server = await startPostgres()
  const database = openPostgres({ url: `${server.urlPrefix}postgres` })
  t.after(async () => {
    await server.close()
    await database.close()
  })
  return { server, database }
}
