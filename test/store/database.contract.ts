import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import { isUniqueViolation } from '../../src/store/database.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import type { Cleanup } from '../support/directories.ts'

const insertRow = statement<[id: number, value: string]>('insert_row', 'insert into items (id, value) values ($1, $2)')
const findRow = statement<[id: number], { value: string }>('find_row', 'select value from items where id = $1')
const echoText = statement<[text: string], { text: string }>('echo_text', 'select $1::text as text')
const divide = statement<[divisor: number], { quotient: number }>('divide', 'select 1 / $1::int4 as quotient')
const wait = statement<[seconds: number], { waited: string }>('wait', 'select pg_sleep($1)::text as waited')

/** What both drivers of the database promise. Call it once in a test file. */
export async function databaseContract(open: (t: Cleanup) => Promise<Database>): Promise<void> {
  const database = await open({ after })
  await database.withConnection((connection) =>
    connection.script('create table items (id integer constraint items_id_key primary key, value text not null)'),
  )
  testValues(database)
  testTransactions(database)
  testErrors(database)
  testConnections(database)
  testClose(open)
}

function testValues(database: Database): void {
  test('rows come back in the types that the statements declare', async () => {
    const types = statement<
      [Date, Uint8Array, object],
      { at: Date; bytes: Buffer; json: object; big: string; none: null }
    >(
      'types',
      'select $1::timestamptz as at, $2::bytea as bytes, $3::jsonb as json, 9007199254740993::int8 as big, null as none',
    )
    const at = new Date('2026-01-02T03:04:05.678Z')
    const [row] = await database.query(types, at, Uint8Array.of(0, 1, 255), { a: [1, 'two'] })
    const expected = {
      at,
      bytes: Buffer.from([0, 1, 255]),
      json: { a: [1, 'two'] },
      big: '9007199254740993',
      none: null,
    }
    assert.deepEqual({ ...row }, expected)
  })

  test('a value of 1 MB and text of every kind come back as they went', async () => {
    for (const text of [
      'x'.repeat(2 ** 20),
      'Grüße, 世界, \u{1f6aa}, e\u0301',
      `'; drop table items; --`,
      '\\ $1 %',
      '',
    ]) {
      const [row] = await database.query(echoText, text)
      assert.equal(row?.text === text, true)
    }
  })

  test('a hundred statements at once each get their own answer', async () => {
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`)
    const answers = await Promise.all(texts.map((text) => database.query(echoText, text)))
    assert.deepEqual(
      answers.flat().map((row) => row.text),
      texts,
    )
  })
}

function testTransactions(database: Database): void {
  test('a transaction keeps what it wrote and returns what its work returned', async () => {
    const result = await database.transaction(async (tx) => {
      await tx.query(insertRow, 100, 'kept')
      return 'done'
    })
    assert.equal(result, 'done')
    assert.deepEqual(await valueOf(database, 100), 'kept')
  })

  test('a transaction whose work throws leaves nothing behind', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query(insertRow, 101, 'lost')
      throw new Error('changed my mind')
    })
    await assert.rejects(work, /changed my mind/)
    assert.equal(await valueOf(database, 101), null)
  })

  test('a transaction with an error in its middle leaves nothing behind', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query(insertRow, 102, 'lost')
      await tx.query(divide, 0)
    })
    await assert.rejects(work, { code: '22012' })
    assert.equal(await valueOf(database, 102), null)
  })

  test('a transaction that ignores the error of a statement does not pretend to commit', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query(insertRow, 103, 'lost')
      await tx.query(divide, 0).catch(() => undefined)
    })
    await assert.rejects(work, /nothing was committed/)
    assert.equal(await valueOf(database, 103), null)
  })

  test('a statement after the end of its transaction is refused', async () => {
    const tx = await database.transaction(async (tx) => tx)
    await assert.rejects(tx.query(insertRow, 104, 'late'), /given back/)
    assert.equal(await valueOf(database, 104), null)
  })
}

function testErrors(database: Database): void {
  test('a unique violation is told with its constraint, and the next statement works', async () => {
    await database.query(insertRow, 200, 'first')
    const error: unknown = await database.query(insertRow, 200, 'second').catch((reason: unknown) => reason)
    assert.equal(isUniqueViolation(error, 'items_id_key'), true)
    assert.equal(isUniqueViolation(error, 'another_key'), false)
    assert.equal(await valueOf(database, 200), 'first')
  })
}

function testConnections(database: Database): void {
  test('a connection whose work failed is replaced, with what it had begun, set and locked', async () => {
    const work = database.withConnection(async (connection) => {
      await connection.script("begin; insert into items values (300, 'lost'); set search_path to nowhere")
      await connection.script('select pg_advisory_lock(300)')
      throw new Error('gave up')
    })
    await assert.rejects(work, /gave up/)
    await eventually(async () => {
      const locks = statement<[], { held: string }>(
        'locks',
        "select count(*) as held from pg_locks where locktype = 'advisory'",
      )
      return (await database.query(locks))[0]?.held === '0'
    })
    assert.equal(await valueOf(database, 300), null)
  })

  test('a statement that was prepared on a lost connection works on the next', async () => {
    assert.deepEqual(await database.query(divide, 1), [{ quotient: 1 }])
    await assert.rejects(
      database.withConnection(() => Promise.reject(new Error('drop it'))),
      /drop it/,
    )
    assert.deepEqual(await database.query(divide, 1), [{ quotient: 1 }])
  })
}

function testClose(open: (t: Cleanup) => Promise<Database>): void {
  test('closing waits for statements under way and refuses later ones', async (t) => {
    const closers: (() => Promise<void>)[] = []
    const database = await open({ after: (close) => closers.push(close) })
    t.after(async () => {
      for (const close of closers) await close().catch(() => undefined)
    })
    const running = Array.from({ length: 20 }, () => database.query(wait, 0.01))
    const closed = database.close()
    const late = database.query(wait, 0)
    await assert.rejects(late, isUnavailable)
    assert.equal((await Promise.all(running)).length, 20)
    await closed
  })
}

/** True for the error that every statement ends with while the database can't be reached. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'store_unavailable'
}

/** Waits until a condition holds that no event tells of; fails after 5 s. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!(await condition())) assert.ok(performance.now() < deadline, 'did not come true within 5 s')
}

async function valueOf(database: Database, id: number): Promise<string | null> {
  const [row] = await database.query(findRow, id)
  return row?.value ?? null
}
