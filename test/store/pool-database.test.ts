import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PoolDatabase } from '../../src/store/pool-database.ts'
import { createRunner } from '../../src/store/run-statements.ts'
import { openServerPool } from '../../src/store/server-pool.ts'
import { statement } from '../../src/store/statement.ts'
import { isStoreUnavailable } from '../../src/store/unavailable.ts'
import { openTestDatabase } from '../support/database.ts'

const one = statement<[], { one: number }>('one', 'select 1 as one')

test('what a server says or confirms that another took over from meanwhile counts for nothing', async (t) => {
  const { url } = await openTestDatabase(t)
  const options = { poolSize: 2, connectTimeoutMs: 2_000, queryTimeoutMs: 2_000, applicationName: 'test' }
  const pool = openServerPool(() => ({ connectionString: url }), { ...options, onError: () => undefined })
  const server = { pool, isCurrent: true }
  let doubts = 0
  const servers = {
    current: server,
    find: async () => server,
    doubt: () => void doubts++,
    switches: 0,
    close: () => pool.end(),
  }
  const database = new PoolDatabase(servers, createRunner(true))
  t.after(() => database.close())
  assert.deepEqual(await database.query(one), [{ one: 1 }])
  const confirmed = database.transaction(async (tx) => {
    await tx.query(one)
    server.isCurrent = false
  })
  await assert.rejects(confirmed, isStoreUnavailable)
  await assert.rejects(database.query(one), isStoreUnavailable)
  assert.equal(doubts, 2)
})
