import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followEvents } from '../audit/written.ts'
import { createBrowser, openPortal } from '../login/browser.ts'

const OWN = /^[\w-]{22}$/

test('LOG-05: a stranger chooses no request id, whatever he sends', async (t) => {
  const { portal } = await openPortal(t, { env: { POSTERN_TRUSTED_PROXIES: '192.0.2.1' } })
  const browser = createBrowser(portal)
  for (const id of ['mine', 'x'.repeat(10_000), 'a b', '', ['one', 'two']]) {
    const { headers } = await browser.get('/.postern/login', { headers: { 'x-request-id': id } })
    assert.match(headers['x-request-id'] ?? '', OWN)
  }
})

test('LOG-05: a trusted proxy chooses it, in one header of at most 64 plain characters', async (t) => {
  const { portal } = await openPortal(t, { env: { POSTERN_TRUSTED_PROXIES: '127.0.0.1' } })
  const browser = createBrowser(portal)
  const idFor = async (id: string | string[]): Promise<string> => {
    const { headers } = await browser.get('/.postern/login', { headers: { 'x-request-id': id } })
    return headers['x-request-id'] ?? ''
  }
  assert.equal(await idFor('Proxy_1.a-b'), 'Proxy_1.a-b')
  assert.equal(await idFor('x'.repeat(64)), 'x'.repeat(64))
  for (const id of ['x'.repeat(65), 'a b', 'a\u00e9', '', '<b>', ['one', 'two']]) assert.match(await idFor(id), OWN)
})

test('one number stands in the reply, the page, the log lines and the record', async (t) => {
  const { portal, logs, context, database, addUser } = await openPortal(t)
  await addUser('alice')
  const browser = createBrowser(portal)
  const { headers } = await browser.signIn({ password: 'wrong' })
  const id = headers['x-request-id']
  const lines = logs().filter(({ requestId }) => requestId === id)
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['sign-in failed', 'answered'],
  )
  const missing = await browser.get('/.postern/nothing-here')
  assert.ok(missing.text.includes(`<code>${missing.headers['x-request-id']}</code>`))
  await context.events.flush()
  const ids = (await followEvents(database)()).map(({ request_id: each }) => each)
  assert.ok(ids.includes(id ?? ''))
})
