import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordChange } from '../../src/store/changes.ts'
import { statement } from '../../src/store/statement.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { addAuthenticator } from '../login/own-factors.ts'
import type { TestApp } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

const API = '/.postern/api/v2'
const JSON_BODY = { 'content-type': 'application/json' }
const AGE = statement<[], { session_id: string }>(
  'age',
  `update auth.session_tokens set factors = jsonb_build_object('password', (factors ->> 'password')::bigint - 3600000)
   returning session_id`,
)
const MADE = statement<[], { made: number }>('made', `select count(*)::int as made from auth.one_time_tokens`)
const CHANGES = [
  ['POST', '/users/alice/reset-link', 201],
  ['POST', '/invitations', 201],
  ['DELETE', '/attempts?login=alice', 200],
] as const

test('administrators let others in soon after a proof of who they are, and not an hour later', async (t) => {
  const { app, root } = await open(t)
  for (const [method, path, status] of CHANGES) assert.equal((await ask(root, method, path)).status, status, path)
  const [before] = await app.database.query(MADE)
  await anHourPasses(app)
  for (const [method, path] of CHANGES) await assertUnproven(root, method, path)
  assert.deepEqual(await app.database.query(MADE), [before])
  assert.equal((await root.get(`${API}/invitations`)).status, 200, 'looking needs none')
})

test('an administrator who has a second factor proves that one', async (t) => {
  const { app, root } = await open(t)
  await addAuthenticator(app, 'root')
  for (const [method, path] of CHANGES) await assertUnproven(root, method, path)
})

async function open(t: Cleanup): Promise<{ app: TestApp; root: Browser }> {
  const app = await openPortal(t)
  await app.addUser('alice')
  await app.addUser('root', { roles: ['postern-admin'] })
  const root = createBrowser(app.portal)
  await root.signIn({ username: 'root' })
  return { app, root }
}

function ask(root: Browser, method: 'POST' | 'DELETE', path: string) {
  const body = path === '/invitations' ? '{"email":"bob@example.com","by_mail":false}' : '{}'
  return root.send(method, `${API}${path}`, method === 'POST' ? { body, headers: JSON_BODY } : {})
}

async function assertUnproven(root: Browser, method: 'POST' | 'DELETE', path: string): Promise<void> {
  const { status, text } = await ask(root, method, path)
  assert.equal(status, 403, path)
  assert.match(text, /"proof_needed"/, path)
}

/** The row of the token says so, and memory is told of the change. */
async function anHourPasses({ context, database }: TestApp): Promise<void> {
  await context.feed.commit(database, async (tx) => {
    for (const { session_id: session } of await tx.query(AGE)) await recordChange(tx, { session })
  })
}
