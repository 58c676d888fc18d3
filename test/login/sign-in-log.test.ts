import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getUser } from '../../src/users/users.ts'
import { createBrowser, openPortal } from './browser.ts'

test('a sign-in is logged with whose it was, and with nothing of what was typed', async (t) => {
  const app = await openPortal(t)
  await app.addUser('alice')
  const { id } = await getUser(app.database, 'alice')
  const cases = [
    [{ username: 'alice' }, 'sign-in succeeded', id],
    [{ username: 'ALICE@example.com', password: 'planted wrong one' }, 'sign-in failed', id],
    [{ username: 'planted as a login', password: 'x' }, 'sign-in failed', undefined],
  ] as const
  for (const [fields, message, userId] of cases) {
    const before = app.logs().length
    await createBrowser(app.portal).signIn(fields)
    const lines = app.logs().slice(before)
    const line = lines.find(({ msg }) => msg === message)
    assert.deepEqual([line?.['userId'], line?.['clientAddress']], [userId, '127.0.0.1'], message)
    assert.doesNotMatch(JSON.stringify(lines), /planted|alice/i)
  }
})
