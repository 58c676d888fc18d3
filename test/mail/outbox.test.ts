import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notify, notifyHolders } from '../../src/mail/outbox.ts'
import { disableUser, createUser } from '../../src/users/users.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'

const LIST = statement<[], { recipient: string; kind: string; details: object }>(
  'list',
  'select recipient, kind, details from auth.mail_outbox order by recipient',
)
const ALICE = { login: 'alice', email: 'alice@example.com', name: 'Alice', roles: ['postern-admin'], password: null }

test('a notice waits for the stored address of its user', async (t) => {
  const { database } = await openTestDatabase(t)
  const alice = await createUser(database, ALICE)
  await notify(database, alice, 'factor_added', { factor: 'totp', address: '192.0.2.1', userAgent: 'x'.repeat(600) })
  const details = { factor: 'totp', address: '192.0.2.1', userAgent: 'x'.repeat(512) }
  assert.deepEqual(await database.query(LIST), [{ recipient: 'alice@example.com', kind: 'factor_added', details }])
})

test('a notice goes with the transaction that it tells of', async (t) => {
  const { database } = await openTestDatabase(t)
  const alice = await createUser(database, ALICE)
  const failing = database.transaction(async (tx) => {
    await notify(tx, alice, 'password_changed')
    throw new Error('taken back')
  })
  await assert.rejects(failing, /taken back/)
  assert.deepEqual(await database.query(LIST), [])
})

test('everybody who holds a role is told, but for those who are disabled', async (t) => {
  const { database } = await openTestDatabase(t)
  await createUser(database, ALICE)
  for (const login of ['bob', 'carol']) {
    await createUser(database, { ...ALICE, login, email: `${login}@example.com` })
  }
  await disableUser(database, 'carol')
  await notifyHolders(database, 'postern-admin', 'break_glass_used', { login: 'emergency' })
  const told = (await database.query(LIST)).map(({ recipient }) => recipient)
  assert.deepEqual(told, ['alice@example.com', 'bob@example.com'])
})
