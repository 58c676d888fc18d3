import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import { databaseHealth } from '../../src/sessions/database-health.ts'
import { openTestDatabase } from '../support/database.ts'

const gone = { query: async () => Promise.reject(new PosternError('store_unavailable', 'gone')) }
const silent = { query: () => new Promise<never>(() => {}) }

test('a database that answers is fine, whatever grace is left', async (t) => {
  const { database } = await openTestDatabase(t)
  assert.deepEqual(await databaseHealth(database, { graceLeft: () => 0 }), { status: 'ok' })
})

test('one that does not answer, or not in time, is missed while grace is left and then needed', async () => {
  for (const database of [gone, silent]) {
    const left = await databaseHealth(database, { graceLeft: () => 1_500 })
    assert.equal(left.status, 'degraded')
    assert.match(left.detail ?? '', /\b2 s\b/)
    assert.equal((await databaseHealth(database, { graceLeft: () => 0 })).status, 'failing')
  }
})
