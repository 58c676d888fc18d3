import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventType } from '../../src/audit/events.ts'
import { getUser } from '../../src/users/users.ts'
import { followEvents } from '../audit/written.ts'
import { hidden } from '../login/browser.ts'
import { addAuthenticator } from '../login/own-factors.ts'
import { newToken } from '../api/caller.ts'
import { ADMIN, FORMS, leadsTo, openPlace, postForm } from './people-place.ts'

test('what the pages of people do is in the record once, with who did it, in which sign-in, and to whom', async (t) => {
  const { app, signedIn } = await openPlace(t)
  await addAuthenticator(app, 'alice')
  const root = await signedIn('root')
  const events = followEvents(app.database)
  const driven: string[] = []
  const drive = async (
    path: string,
    fields: Record<string, string>,
    resource: string | null = 'user:alice',
  ): Promise<void> => {
    const types = FORMS.find((form) => form.path === path)?.types ?? assert.fail(path)
    const own = (text: string): string => text.replace(':login', 'alice')
    const from = path.startsWith('users/') ? own('users/:login') : (path.split('/')[0] ?? '')
    await events()
    const reply = await postForm(root, { from: from === 'attempts' ? 'grants' : from, to: own(path), fields })
    if (!path.endsWith('reset-link') && path !== 'invitations') leadsTo(reply)
    const written = await events()
    const told = written.map((event) => [event.actor_login, event.resource, event.has_session, event.address])
    assert.deepEqual(told, [['root', resource, true, '127.0.0.1']], `${path}: ${reply.text.slice(0, 200)}`)
    assert.ok(types.includes(written[0]?.event_type as EventType), path)
    driven.push(path)
  }
  const session = async (): Promise<string> => (await app.context.sessions.list('alice', 1))[0]?.id ?? ''
  const listed = async (page: string): Promise<string> => hidden(await root.get(`${ADMIN}/${page}`), 'id')

  await drive('new-user', { login: 'new', email: 'new@example.com', name: '', role: '' }, 'user:new')
  await drive('invitations', { email: 'guest@example.com', role: 'user' }, null)
  await drive('invitations/revoke', { id: await listed('invitations') }, null)
  await drive('grants', { login: 'alice', role: 'looker', hours: '1', reason: 'on call' })
  await drive('grants/revoke', { id: await listed('grants') })
  await drive('attempts', { login: 'alice', network: '' })
  for (let times = 0; times < 2; times++) {
    await app.token('alice')
    if (times === 0) await drive('sessions/end', { id: await session(), login: '', network: '' })
    else await drive('sessions/end-all', { login: 'alice' })
    await app.token('alice')
    if (times === 0) await drive('users/:login/sessions/end', { id: await session() })
    else await drive('users/:login/sessions/end-all', {})
  }
  await newToken(app, 'alice', [])
  const [token] = await app.context.apiTokens.list('alice', 1)
  await drive('users/:login/tokens/revoke', { id: token?.id ?? '' })
  const { version } = await getUser(app.database, 'alice')
  await drive('users/:login/profile', { version, name: 'Alice', email: 'alice@example.com' })
  await drive('users/:login/roles/give', { role: 'looker' })
  await drive('users/:login/roles/take', { role: 'looker' })
  for (const path of ['reset-link', 'password-change', 'factors/reset', 'disable', 'enable'])
    await drive(`users/:login/${path}`, {})
  await drive('users/:login/delete', { confirm: 'alice' })
  assert.deepEqual(driven.toSorted(), FORMS.map(({ path }) => path).toSorted())
})
