import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { EventType } from '../../src/audit/events.ts'
import { WRITTEN_BY_ROUTES } from '../audit/written-by.ts'
import { followEvents } from '../audit/written.ts'
import { openPortal } from '../login/browser.ts'
import { addAuthenticator } from '../login/own-factors.ts'
import { POLICY } from '../support/app.ts'
import { byCookie } from './caller.ts'
import type { Call } from './caller.ts'

type Drive = (
  route: string,
  wish: Parameters<Call>,
  expected: { readonly type: EventType; readonly resource: string },
) => Promise<unknown>

suite('what operations write down', () => {
  test('each change is in the record once, with who did it and to whom', async (t) => {
    const app = await openPortal(t, { env: { POSTERN_RATE_LIMITS: 'off' } })
    await app.addUser('root', { roles: ['postern-admin'] })
    await app.addUser('bob')
    await addAuthenticator(app, 'bob')
    const root = await byCookie(app, 'root')
    const events = followEvents(app.database)
    const driven = new Set<string>()
    const drive: Drive = async (route, wish, { type, resource }) => {
      await events()
      const { status, text, body } = await root(...wish)
      assert.ok(status < 300, `${route}: ${text}`)
      const told = (await events()).map((event) => [
        event.event_type,
        event.actor_login,
        event.resource,
        event.has_session,
      ])
      assert.deepEqual(told, [[type, 'root', resource, true]], route)
      const line = `portal ${route.replace(' ', ' /.postern/api/v2')}`
      assert.ok(WRITTEN_BY_ROUTES[line]?.includes(type), line)
      driven.add(line)
      return body.data
    }
    await drivePeople(drive)
    for (const login of ['bob', 'bob']) await app.token(login)
    await driveEnds(drive, async () => (await app.context.sessions.list('bob', 1))[0]?.id ?? assert.fail('no session'))
    await app.token('root')
    const mine = (await app.context.sessions.list('root', 1))[0]?.id ?? ''
    await drive('DELETE /me/sessions/:id', ['DELETE', `/me/sessions/${mine}`], {
      type: 'session_revoked',
      resource: 'user:root',
    })
    await drivePolicy(drive)
    await drive('DELETE /users/:login', ['DELETE', '/users/bob'], { type: 'user_deleted', resource: 'user:bob' })
    assert.equal(driven.size, 17)
  })
})

async function drivePeople(drive: Drive): Promise<void> {
  const bob = { resource: 'user:bob' }
  await drive('POST /users', ['POST', '/users', { login: 'new', email: 'new@example.com' }], {
    type: 'user_created',
    resource: 'user:new',
  })
  await drive('PATCH /users/:login', ['PATCH', '/users/bob', { name: 'Bob' }], { type: 'user_changed', ...bob })
  await drive('PATCH /users/:login/roles', ['PATCH', '/users/bob/roles', { add: ['user'] }], {
    type: 'roles_changed',
    ...bob,
  })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const grant = { login: 'bob', role: 'admin', until, reason: 'a night on call' }
  const { id } = (await drive('POST /grants', ['POST', '/grants', grant], { type: 'role_granted', ...bob })) as {
    id: string
  }
  await drive('DELETE /grants/:id', ['DELETE', `/grants/${id}`], { type: 'grant_revoked', ...bob })
  const change = 'POST /users/:login/password-change'
  await drive(change, ['POST', '/users/bob/password-change'], { type: 'password_change_demanded', ...bob })
  await drive('DELETE /users/:login/factors', ['DELETE', '/users/bob/factors'], { type: 'factors_reset', ...bob })
}

async function driveEnds(drive: Drive, session: () => Promise<string>): Promise<void> {
  const bob = { resource: 'user:bob' }
  await drive('DELETE /sessions/:id', ['DELETE', `/sessions/${await session()}`], { type: 'session_revoked', ...bob })
  await drive('DELETE /users/:login/sessions', ['DELETE', '/users/bob/sessions'], { type: 'session_revoked', ...bob })
  await drive('POST /users/:login/disable', ['POST', '/users/bob/disable'], { type: 'user_disabled', ...bob })
  await drive('POST /users/:login/enable', ['POST', '/users/bob/enable'], { type: 'user_enabled', ...bob })
}

async function drivePolicy(drive: Drive): Promise<void> {
  const source = `${POLICY}# again\n`
  await drive('PUT /policy', ['PUT', '/policy', { source, reason: 'why not' }], {
    type: 'policy_applied',
    resource: 'policy:2',
  })
  const back = 'POST /policy/versions/:version/roll-back'
  await drive(back, ['POST', '/policy/versions/1/roll-back', { reason: 'better' }], {
    type: 'policy_applied',
    resource: 'policy:3',
  })
  const notice = { resource: 'app:app' }
  await drive('PUT /apps/:app/notice', ['PUT', '/apps/app/notice', { text: 'Mended' }], {
    type: 'notice_set',
    ...notice,
  })
  await drive('DELETE /apps/:app/notice', ['DELETE', '/apps/app/notice'], { type: 'notice_cleared', ...notice })
}
