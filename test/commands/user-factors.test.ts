import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import type { Reply } from '../../src/commands/control.ts'
import { totpCode } from '../../src/credentials/totp-code.ts'
import { statement } from '../../src/store/statement.ts'
import { getUser } from '../../src/users/users.ts'
import { openTestApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

const LAST_EVENT = statement<[], { event_type: string; resource: string; actor_id: string | null }>(
  'last_event',
  `select event_type, resource, actor_id from auth.auth_audit_log order by occurred_at desc limit 1`,
)

async function addTotp({ context, database }: TestApp, login: string): Promise<string> {
  const { id } = await getUser(database, login)
  const nowMs = Date.now()
  const key = await context.ownFactors.beginTotp(database, id)
  const code = totpCode(key, Math.floor(nowMs / 30_000))
  assert.equal(await context.ownFactors.confirmTotp(database, { userId: id, name: 'phone', code, nowMs }), true)
  await context.ownFactors.renewCodes(database, id)
  return id
}

test('user factors: lists what somebody has, and resets it with codes and sessions', async (t) => {
  const app = await openTestApp(t)
  for (const login of ['alice', 'bob']) await app.addUser(login)
  const id = await addTotp(app, 'alice')
  await addTotp(app, 'bob')
  const [hers, his] = [await app.token('alice'), await app.token('bob')]
  const run = (command: string, login: string): Promise<Reply> => runOrder(app.context, { command, given: { login } })

  const listed = await run('user factors list', 'alice')
  assert.ok('result' in listed)
  assert.match(listed.result.text, /^phone +authenticator app .*\n10 recovery codes left$/m)
  const reset = await run('user factors reset', 'alice')
  assert.ok('result' in reset)
  assert.deepEqual(reset.result.data, { login: 'alice', removed: 1, ended: 1 })
  assert.deepEqual(await app.context.ownFactors.count(app.database, id), { totp: 0, webauthn: 0, recovery: 0 })
  assert.equal(await app.context.sessions.whoHas(hers, null), null)
  assert.equal((await app.context.sessions.whoHas(his, null))?.login, 'bob')
  assert.deepEqual(await app.database.query(LAST_EVENT), [
    { event_type: 'factors_reset', resource: 'user:alice', actor_id: null },
  ])
})

test('user factors: says so of somebody without any, and of nobody', async (t) => {
  const app = await openTestApp(t)
  await app.addUser('alice')
  const run = (command: string, login: string): Promise<Reply> => runOrder(app.context, { command, given: { login } })
  const listed = await run('user factors list', 'alice')
  assert.ok('result' in listed)
  assert.equal(listed.result.text, 'alice has no second factor.')
  for (const [command, login] of [
    ['user factors reset', 'alice'],
    ['user factors list', 'x'],
    ['user factors reset', 'x'],
  ] as const)
    assert.ok('refusal' in (await run(command, login)))
})
