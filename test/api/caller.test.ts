import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { recordChange } from '../../src/store/changes.ts'
import { statement } from '../../src/store/statement.ts'
import { grantToken } from '../../src/tokens/tokens.ts'
import { changeRoles, getUser } from '../../src/users/users.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { HOST, ORIGIN, POLICY, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { API, byCookie, byToken, newToken } from './caller.ts'
import type { Call } from './caller.ts'

const ROLES = `  helpdesk: ['postern.users:read', 'postern.users:write']\n  reader: ['postern.users:read']\n`
const BOTH = ['postern.users:read', 'postern.users:write'] as const
const EVIL = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
const AGE = statement<[], { session_id: string }>(
  'age',
  `update auth.session_tokens set factors = jsonb_build_object('password', (factors ->> 'password')::bigint - 3600000)
   returning session_id`,
)

suite('who calls the API', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    const policy = POLICY.replace('roles:\n', `roles:\n${ROLES}`)
    app = await openPortal(cleanup, { policy, env: { POSTERN_RATE_LIMITS: 'off' } })
    for (const login of ['alice', 'bob']) await app.addUser(login)
    await app.addUser('helen', { roles: ['helpdesk'] })
    await app.addUser('rita', { roles: ['reader'] })
    await app.addUser('root', { roles: ['postern-admin'] })
  })

  test('ADM-10: a token calls what its scope names, and not what is a sign-in’s alone', async () => {
    const call = await byToken(app, 'root', ['postern.users:read'])
    assert.equal((await call('GET', '/users')).status, 200)
    assert.equal((await call('GET', '/sessions')).code, 'forbidden')
    const me = await call('GET', '/me')
    assert.deepEqual((me.body.data as { permissions: string[] }).permissions, ['postern.users:read'])
    for (const path of ['/tokens', '/me/sessions', '/me/activity'])
      assert.equal((await call('GET', path)).code, 'forbidden')
    assert.equal((await call('POST', '/tokens', { name: 'another', api: ['postern.users:read'] })).code, 'forbidden')
  })

  test('ADM-10: a token holds no more than its owner does at the moment of the call', async () => {
    await app.addUser('flip', { roles: ['reader'] })
    const call = await byToken(app, 'flip', ['postern.users:read'])
    assert.equal((await call('GET', '/users')).status, 200)
    const change = (roles: { add: string[]; remove: string[] }) =>
      app.context.feed.commit(app.database, (tx) => changeRoles(tx, 'flip', roles))
    await change({ add: [], remove: ['reader'] })
    assert.equal((await call('GET', '/users')).code, 'forbidden')
    await change({ add: ['postern-admin'], remove: [] })
    assert.equal((await call('GET', '/users')).status, 200)
    assert.equal((await call('GET', '/sessions')).code, 'forbidden')
  })

  test('ADM-10: nobody makes a token for more than he may himself', async () => {
    const rita = await byCookie(app, 'rita')
    const wish = { name: 'x', api: ['postern.users:read'] }
    assert.equal((await rita('POST', '/tokens', wish)).status, 201)
    for (const api of [['postern.users:read', 'postern.users:write'], ['postern.everything'], ['*']]) {
      const { status, body } = await rita('POST', '/tokens', { name: 'x', api })
      assert.deepEqual([status, body.errors?.[0]?.field], [400, 'api'])
    }
    await assert.rejects(newToken(app, 'alice', ['postern.users:read']))
  })

  test('ADM-10: a token that is for networks calls nothing from elsewhere', async () => {
    const owner = await getUser(app.database, 'rita')
    const tools = { ...app.context, policy: () => app.context.policies.current() }
    const wish = { name: 'office', days: 1, api: ['postern.users:read'] }
    const { get } = createBrowser(app.portal)
    const call = async (networks: readonly string[]): Promise<number> => {
      const granted = await grantToken(
        tools,
        { userId: owner.id, login: 'rita' },
        { ...wish, networks },
        { actor: null },
      )
      const authorization = `Bearer ${granted.kind === 'granted' ? granted.token : ''}`
      return (await get(`${API}/users`, { headers: { authorization } })).status
    }
    assert.equal(await call(['127.0.0.0/8', '192.0.2.0/24']), 200)
    assert.equal(await call(['192.0.2.0/24']), 403)
  })

  test('two credentials, doubled ones and a password by Basic let nobody in', async () => {
    const token = await newToken(app, 'root', ['postern.users:read'])
    const browser = createBrowser(app.portal)
    const bearer = { authorization: `Bearer ${token}` }
    const get = async (headers: Record<string, string | string[]>): Promise<number> =>
      (await browser.get(`${API}/users`, { headers })).status
    assert.equal(await get(bearer), 200)
    assert.equal(await doubled(app, [`Bearer ${token}`, `Bearer ${token}`]), 400)
    for (const pair of [`root:${token}`, `:${token}`, 'root:correct horse battery'])
      assert.equal(await get({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` }), 401)
    for (const authorization of [`Bearer ${token}x`, 'Bearer pst_x', `Token ${token}`, `Bearer ${token.toUpperCase()}`])
      assert.equal(await get({ authorization }), 401, authorization)
    await browser.signIn({ username: 'root' })
    assert.equal(await get(bearer), 400)
    assert.equal(await get({}), 200)
  })

  test('CSRF-02, CSRF-05: a cookie counts from our own pages alone, and a body is JSON', async () => {
    const root = await byCookie(app, 'root')
    assert.equal((await root('POST', '/users/alice/password-change', undefined, EVIL)).code, 'cross_site_request')
    assert.equal((await root('GET', '/users', undefined, EVIL)).code, 'cross_site_request')
    const body = { login: 'x', email: 'x@example.com' }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])
      assert.equal((await root('POST', '/users', body, { 'content-type': type })).code, 'bad_request', type)
    const token = await byToken(app, 'root', ['postern.users:read'])
    assert.equal((await token('GET', '/users', undefined, EVIL)).status, 200, 'no page has a token by itself')
  })

  test('a dangerous operation takes a fresh proof in a browser; a token was proven when it was made', async () => {
    const helen = await byCookie(app, 'helen')
    const token = await byToken(app, 'helen', ['postern.users:write'])
    assert.equal((await helen('POST', '/users/bob/disable')).status, 200)
    await app.context.feed.commit(app.database, async (tx) => {
      for (const { session_id: session } of await tx.query(AGE)) await recordChange(tx, { session })
    })
    assert.equal((await helen('POST', '/users/bob/enable')).code, 'proof_needed')
    assert.equal((await token('POST', '/users/bob/enable')).status, 200)
  })

  test('ADM-04: whoever manages people neither touches an administrator nor gives what is not his', async () => {
    const callers: Call[] = [await byCookie(app, 'helen'), await byToken(app, 'helen', BOTH)]
    for (const call of callers) {
      const refused: [Parameters<Call>, string][] = [
        [['PATCH', '/users/root', { email: 'mine@example.com' }], 'holds_more'],
        [['PATCH', '/users/root/roles', { remove: ['postern-admin'] }], 'holds_more'],
        [['POST', '/users/root/reset-link'], 'holds_more'],
        [['DELETE', '/users/root/factors'], 'holds_more'],
        [['POST', '/users/root/disable'], 'holds_more'],
        [['POST', '/users/root/password-change'], 'holds_more'],
        [['DELETE', '/users/root'], 'holds_more'],
        [['PATCH', '/users/helen/roles', { add: ['postern-admin'] }], 'not_yours_to_give'],
        [['PATCH', '/users/alice/roles', { add: ['postern-admin'] }], 'not_yours_to_give'],
        [['POST', '/users', { login: 'new', email: 'n@example.com', roles: ['postern-admin'] }], 'not_yours_to_give'],
        [
          ['POST', '/invitations', { email: 'n@example.com', roles: ['postern-admin'], by_mail: false }],
          'not_yours_to_give',
        ],
      ]
      for (const [wish, code] of refused) assert.equal((await call(...wish)).code, code, wish[1])
      const until = new Date(Date.now() + 3_600_000).toISOString()
      const grant = { login: 'alice', role: 'postern-admin', until, reason: 'why not' }
      assert.equal((await call('POST', '/grants', grant)).code, 'not_yours_to_give')
    }
    const narrow = await byToken(app, 'root', ['postern.users:write'])
    assert.equal((await narrow('PATCH', '/users/alice/roles', { add: ['postern-admin'] })).code, 'not_yours_to_give')
    assert.equal((await narrow('DELETE', '/users/root')).code, 'holds_more', 'not even its owner')
    const [user] = await app.database.query(HELD)
    assert.deepEqual(user?.admins, ['root'])
  })

  test('ADM-02, ADM-05: nothing but what is named can be set, and nobody sets another’s password', async () => {
    const root = await byCookie(app, 'root')
    for (const extra of [{ roles: ['admin'] }, { id: 'x' }, { password: 'x' }, { passwordHash: 'x' }, { epoch: 0 }])
      assert.equal((await root('PATCH', '/users/alice', { name: 'A', ...extra })).status, 400, JSON.stringify(extra))
    assert.equal((await root('POST', '/users', { login: 'p', email: 'p@example.com', password: 'x' })).status, 400)
    const { paths } = JSON.parse((await root('GET', '/openapi.json')).text) as { paths: Record<string, object> }
    const setting = Object.entries(paths).filter(
      ([path, told]) => !path.startsWith('/auth/') && /"password":/.test(JSON.stringify(told)),
    )
    assert.deepEqual(setting, [])
  })

  test('ADM-07, ADM-08: what a list is asked for is read strictly, and a search is for that very text', async () => {
    const root = await byCookie(app, 'root')
    for (const query of [
      'limit=-1',
      'limit=1e9',
      'limit=501',
      'limit=',
      'sort=name',
      'limit=1&limit=2',
      'x=%zz',
      'after=%00',
    ])
      assert.equal((await root('GET', `/users?${query}`)).code, 'bad_request', query)
    for (const path of ['/sessions', '/grants', '/decisions/refusals', '/policy/versions', '/audit/events'])
      assert.equal((await root('GET', `${path}?after=bm90IG91cnM`)).code, 'bad_request', path)
    for (const search of ['%25', '_', '%5C', 'a%25'])
      assert.deepEqual(((await root('GET', `/users?search=${search}`)).body.data as { users: unknown[] }).users, [])
    assert.equal((await root('GET', `/users?search=${'a'.repeat(5_000)}`)).status, 400)
  })

  test('what changed since it was read is not overwritten', async () => {
    const root = await byCookie(app, 'root')
    const { etag = '' } = (await root('GET', '/users/alice')).headers
    assert.match(etag, /^".+"$/)
    const edit = (name: string) => root('PATCH', '/users/alice', { name }, { 'if-match': etag })
    assert.equal((await edit('One')).status, 200)
    const late = await edit('Two')
    assert.deepEqual([late.status, late.code], [412, 'changed_since'])
    assert.equal(
      (await root('PUT', '/policy', { source: 'x: 1', reason: 'r' }, { 'if-match': '"77"' })).code,
      'changed_since',
    )
  })

  test('ADM-13: a refusal tells nothing of how it is made', async () => {
    const root = await byCookie(app, 'root')
    for (const path of ['/users/nobody-here', '/nothing', '/sessions?network=x', `/grants/${'0'.repeat(36)}`]) {
      const { text } = await root('GET', path)
      assert.ok(!/select|node_modules|\.ts|stack|fastify|zod/i.test(text), text)
    }
  })
})

const HELD = statement<[], { admins: string[] }>(
  'held',
  `select array_agg(u.login order by u.login) as admins from auth.held_roles h join auth.users u on u.id = h.user_id
   where h.role_name = 'postern-admin' and u.login in ('root', 'helen', 'alice', 'new')`,
)

/** Two headers of one name, which clients join or refuse to send. */
async function doubled({ portal }: TestApp, authorization: string[]): Promise<number | undefined> {
  const { port } = portal.server.address() as AddressInfo
  const sent = request({ host: '127.0.0.1', port, path: `${API}/users`, agent: false })
  sent.setHeader('host', HOST)
  sent.setHeader('origin', ORIGIN)
  sent.setHeader('authorization', authorization)
  sent.end()
  const [answer] = (await once(sent, 'response')) as [{ statusCode?: number; resume: () => void }]
  answer.resume()
  return answer.statusCode
}
