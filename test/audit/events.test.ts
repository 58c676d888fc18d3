import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'

const LIST = statement<
  [],
  { event_type: string; actor_login: string | null; user_agent: string; risk_score: number | null; details: unknown }
>('list', 'select event_type, actor_login, user_agent, risk_score, details from auth.auth_audit_log')

const ALICE = { userId: '00000000-0000-4000-8000-00000000a11c', login: 'alice' }

test('an event stands in the log with who did it and what explains it', async (t) => {
  const { database } = await openTestDatabase(t)
  const details = { factor: 'totp' }
  await recordEvent(database, {
    type: 'factor_added',
    result: 'success',
    actor: ALICE,
    userAgent: 'x'.repeat(600),
    riskScore: 40,
    details,
  })
  assert.deepEqual(await database.query(LIST), [
    { event_type: 'factor_added', actor_login: 'alice', user_agent: 'x'.repeat(512), risk_score: 40, details },
  ])
})

test('an event goes with the transaction that it tells of', async (t) => {
  const { database } = await openTestDatabase(t)
  const failing = database.transaction(async (tx) => {
    await recordEvent(tx, { type: 'sign_in', result: 'success', actor: ALICE })
    throw new Error('taken back')
  })
  await assert.rejects(failing, /taken back/)
  assert.deepEqual(await database.query(LIST), [])
})
