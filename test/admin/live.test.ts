import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { before, suite, test } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { holdsPermission } from '../../src/policies/holds.ts'
import { statement } from '../../src/store/statement.ts'
import { disableUser } from '../../src/users/users.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { ORIGIN, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { openLive, upgrade } from './live-client.ts'
import type { LiveClient } from './live-client.ts'

const POLICY = `
version: 1
roles:
  watcher: ['postern.system:read']
  clerk: ['postern.sessions:read']
  reader: ['api:read']
apps:
  - { name: app, hosts: [app.example.com], rules: [{ require: {} }] }
`
const TAKE_ROLES = statement<[login: string]>(
  'take_roles_for_test',
  'delete from auth.user_roles where user_id = (select id from auth.users where login = $1)',
)

suite('live events', () => {
  const t = suiteCleanup()
  let app: TestApp
  let count = 0
  before(async () => {
    app = await openPortal(t, { policy: POLICY })
  })

  const portOf = (): number => (app.portal.server.address() as AddressInfo).port
  /** A new person with this role, and the Cookie header of his browser. */
  const person = async (role: string): Promise<{ login: string; cookie: string }> => {
    const login = `u${++count}`
    await app.addUser(login, { roles: [role] })
    const browser = createBrowser(app.portal)
    assert.equal((await browser.signIn({ username: login })).status, 303)
    return { login, cookie: browser.jar.header(new URL(`${ORIGIN}/.postern/api/v2/events`)) }
  }
  const listen = async (role: string): Promise<LiveClient & { login: string; cookie: string }> => {
    const { login, cookie } = await person(role)
    const client = await openLive(portOf(), { cookie, origin: ORIGIN })
    return { ...client, login, cookie }
  }
  const note = (login: string): Promise<void> =>
    recordEvent(app.database, { type: 'sign_in', result: 'failure', actor: null, resource: `user:${login}` })

  test('are refused without a sign-in, and with one that may see nothing of it', async () => {
    assert.equal((await upgrade(portOf(), { origin: ORIGIN })).status, 401)
    const { cookie } = await person('reader')
    assert.equal((await upgrade(portOf(), { origin: ORIGIN, cookie })).status, 403)
  })

  test('CSRF: are refused to pages of other origins, and to a cookie that comes without any', async () => {
    const { cookie } = await person('postern-admin')
    const others = ['https://evil.example', 'null', `${ORIGIN}.evil.example`, 'http://app.example.com', `${ORIGIN}:444`]
    for (const origin of others) assert.equal((await upgrade(portOf(), { origin, cookie })).status, 403, origin)
    assert.equal((await upgrade(portOf(), { cookie })).status, 403)
    assert.equal((await upgrade(portOf(), { cookie, origin: [ORIGIN, 'https://evil.example'] })).status, 403)
    assert.equal((await upgrade(portOf(), { cookie, origin: ORIGIN })).status, 101)
  })

  test('are no page, and no other path is a WebSocket', async () => {
    const { cookie } = await person('postern-admin')
    const browser = createBrowser(app.portal)
    await browser.signIn({ username: `u${count}` })
    assert.equal((await browser.get('/.postern/api/v2/events')).status, 404)
    for (const path of ['/.postern/admin', '/.postern/api/v2/users', '/.postern/api/v2/events/x', '/']) {
      assert.notEqual((await upgrade(portOf(), { cookie, origin: ORIGIN, path })).status, 101, path)
    }
    const onApp = await upgrade(portOf(), { cookie, origin: ORIGIN, host: 'other.example.com' })
    assert.notEqual(onApp.status, 101)
  })

  test('tell each what he may see, and nobody more', async () => {
    const root = await listen('postern-admin')
    const wanda = await listen('watcher')
    assert.deepEqual(
      [root.hello(), wanda.hello()],
      [['session', 'sign_in', 'refusal', 'audit', 'policy', 'health'], ['health']],
    )
    await until('told', 10_000, async () => {
      await note('mallory')
      return root.events().some(({ type, data }) => type === 'sign_in' && data['resource'] === 'user:mallory')
    })
    assert.equal(
      root.events().some(({ data }) => data['resource'] === 'user:earlier'),
      false,
    )
    assert.deepEqual(wanda.events(), [])
    root.end()
    wanda.end()
  })

  test('tell what was written elsewhere, each once', async () => {
    const root = await listen('postern-admin')
    const timesTold = (who: string): number =>
      root.events().filter(({ type, data }) => type === 'audit' && data['resource'] === `user:${who}`).length
    // What is there at the first look is not told.
    await until('listening', 10_000, async () => {
      await note('first')
      return timesTold('first') > 0
    })
    await note('once')
    await note('later')
    await until('told', 10_000, () => timesTold('later') > 0)
    await note('last')
    await until('told again', 10_000, () => timesTold('last') > 0)
    assert.deepEqual([timesTold('once'), timesTold('later')], [1, 1])
    root.end()
  })

  test('SESS: end when the sign-in does, by whatever ends it', async () => {
    const ways = [
      (login: string) => app.context.sessions.endAllOf(login, 'revoked').then(() => undefined),
      (login: string) => disableUser(app.database, login).then(() => undefined),
    ]
    for (const end of ways) {
      const client = await listen('postern-admin')
      await end(client.login)
      assert.equal(await client.closed, 4401)
    }
  })

  test('end when the role goes that let one hear them', async () => {
    const client = await listen('clerk')
    assert.deepEqual(client.hello(), ['session'])
    await app.database.query(TAKE_ROLES, client.login)
    assert.equal(await client.closed, 4403)
    assert.equal(holdsPermission(app.context.policies.current(), { roles: [] }, 'postern.sessions:read'), false)
  })

  test('DOS: are for five connections of one person, and of nobody whole processes', async () => {
    const { cookie } = await person('postern-admin')
    const open = await Promise.all(Array.from({ length: 5 }, () => openLive(portOf(), { cookie, origin: ORIGIN })))
    assert.equal((await upgrade(portOf(), { cookie, origin: ORIGIN })).status, 429)
    open[0]?.end()
    await until('room again', 10_000, async () => (await upgrade(portOf(), { cookie, origin: ORIGIN })).status === 101)
    open.forEach((each) => each.end())
  })

  test('DOS: a hundred of one process are enough, also when all come at once', async () => {
    const people = await Promise.all(Array.from({ length: 21 }, () => person('postern-admin')))
    const wanted = people.flatMap((each) => Array.from({ length: 5 }, () => each))
    const tried = await Promise.all(wanted.map(({ cookie }) => upgrade(portOf(), { cookie, origin: ORIGIN })))
    const held = tried.filter(({ status }) => status === 101)
    await until('bounded', 10_000, () => held.filter(({ isOpen }) => isOpen()).length <= 100)
    assert.ok(held.length >= 90)
    tried.forEach(({ end }) => end())
  })

  test('DOS: whoever sends anything is cut off', async () => {
    for (const text of ['x', 'x'.repeat(70_000)]) {
      const client = await listen('postern-admin')
      client.send(text)
      assert.ok([4429, 1009].includes(await client.closed))
    }
  })

  test('are for API tokens whose scope has the permission, without an Origin', async () => {
    const { login } = await person('postern-admin')
    const { apiTokens, database } = app.context
    const owner = await ownerOf(app, login)
    const scope = { apps: null, hosts: null, paths: null, methods: null, networks: null }
    const make = async (api: readonly string[] | null): Promise<string> => {
      const made = await database.transaction((tx) =>
        apiTokens.create(tx, { userId: owner, name: 't', scope: { ...scope, api }, lifeMs: 60_000 }),
      )
      return made.kind === 'created' ? made.token : assert.fail(made.kind)
    }
    const able = { authorization: `Bearer ${await make(['postern.system:read'])}` }
    assert.equal((await upgrade(portOf(), able)).status, 101)
    assert.equal((await upgrade(portOf(), { ...able, origin: 'https://evil.example' })).status, 403)
    const unable = { authorization: `Bearer ${await make(null)}` }
    assert.equal((await upgrade(portOf(), unable)).status, 403)
    const client = await openLive(portOf(), able)
    assert.deepEqual(client.hello(), ['health'])
    client.end()
  })

  test('a connection that only opens TCP and asks for an upgrade elsewhere leaves nothing behind', async () => {
    const socket = connect(portOf(), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'GET /.postern/api/v2/events HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString(), /^HTTP\/1.1 401 /)
    socket.destroy()
  })
})

async function ownerOf(app: TestApp, login: string): Promise<string> {
  const [row] = await app.database.query(
    statement<[login: string], { id: string }>('owner_for_test', 'select id from auth.users where login = $1'),
    login,
  )
  return row?.id ?? assert.fail('nobody')
}
