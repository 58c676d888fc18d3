import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import { statement } from '../../src/store/statement.ts'
import { getUser, listUsers } from '../../src/users/users.ts'
import { openPostOffice } from '../recovery/post-office.ts'
import type { PostOffice } from '../recovery/post-office.ts'
import { ORIGIN } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import type { Browser, Page } from './browser.ts'

const INVITE = '/.postern/invite'
const API = '/.postern/api/v2'
const JSON_BODY = { 'content-type': 'application/json' }
const BOB = { username: 'bob', name: 'Bob B.', password: 'a long enough pass phrase' }
const EXPIRE = statement('expire', `update auth.one_time_tokens set expires_at = now()`)
const VERIFIED = statement<[login: string], { is_verified: boolean }>(
  'verified',
  `select email_verified_at is not null as is_verified from auth.users where login = $1`,
)

interface Invited {
  readonly id: string
  readonly link: string | null
}

suite('an invitation', () => {
  test('comes by mail, makes the account with its roles, and signs in', async (t) => {
    const { portal, database, deliver, linkTo, server, invite } = await open(t)
    await invite({ role: ['admin'] })
    await deliver()
    assert.match(server.mails[0]?.subject ?? '', /^You are invited · app\.example\.com$/)
    const browser = createBrowser(portal)
    const page = await browser.get(linkTo('bob@example.com'))
    assert.match(page.text, /invited as <strong>bob@example\.com<\/strong>/)
    assert.equal(page.headers['referrer-policy'], 'no-referrer')
    const made = await accept(browser, page)
    assert.deepEqual([made.status, made.headers['location']], [303, '/.postern/start'])
    const { email, roles, name } = await getUser(database, 'bob')
    assert.deepEqual({ email, roles, name }, { email: 'bob@example.com', roles: ['admin'], name: 'Bob B.' })
    assert.equal((await database.query(VERIFIED, 'bob'))[0]?.is_verified, true)
    assert.match((await browser.get('/.postern/')).text, /<dd>bob<\/dd>/)
  })

  test('is a printed link where there is no mail server, or where one is wanted', async (t) => {
    const { invite, server } = await open(t)
    const { link } = await invite({ link: true })
    assert.match(link ?? '', /^https:\/\/app\.example\.com\/\.postern\/invite\/pi1/)
    assert.deepEqual(server.mails, [])
    const app = await openPortal(t)
    const reply = await runOrder(app.context, { command: 'user invite', given: { email: 'carol@example.com' } })
    const data = 'result' in reply ? (reply.result.data as Invited) : assert.fail(reply.refusal)
    const browser = createBrowser(app.portal)
    await accept(browser, await browser.get(new URL(data.link ?? '').pathname))
    assert.equal((await app.database.query(VERIFIED, 'bob'))[0]?.is_verified, false, 'a printed link proves no address')
  })

  test('RST-17: is accepted once, also of 32 at once', async (t) => {
    const { portal, database, invite } = await open(t)
    const { link } = await invite({ link: true })
    const path = new URL(link ?? '').pathname
    const page = await createBrowser(portal).get(path)
    const tries = Array.from({ length: 32 }, (_, at) => {
      const from = { 'x-forwarded-for': `198.18.0.${at}` }
      return accept(createBrowser(portal), page, { username: `bob${at}` }, from)
    })
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 303).length, 1, String(statuses))
    assert.ok(
      statuses.every((status) => [303, 410].includes(status)),
      String(statuses),
    )
    assert.equal((await listUsers(database)).length, 2)
    assert.equal((await accept(createBrowser(portal), page)).status, 410)
  })

  test('RST-17: is void once revoked, expired, or replaced by another for the same address', async (t) => {
    const { portal, database, context, invite } = await open(t)
    const voided = async (link: string | null, work: () => Promise<unknown>): Promise<void> => {
      const path = new URL(link ?? '').pathname
      const page = await createBrowser(portal).get(path)
      assert.equal(page.status, 200)
      await work()
      assert.equal((await createBrowser(portal).get(path)).status, 410)
      assert.equal((await accept(createBrowser(portal), page)).status, 410)
    }
    const first = await invite({ link: true })
    await voided(first.link, () => runOrder(context, { command: 'user uninvite', given: { id: first.id } }))
    await voided((await invite({ link: true })).link, () => invite({ link: true, email: 'BOB@example.com' }))
    await voided((await invite({ link: true })).link, () => database.query(EXPIRE))
    assert.equal((await listUsers(database)).length, 1)
  })

  test('RST-17: is bound to its address and roles, whatever the form says', async (t) => {
    const { portal, database, invite } = await open(t)
    const { link } = await invite({ link: true, role: ['user'] })
    const browser = createBrowser(portal)
    const page = await browser.get(new URL(link ?? '').pathname)
    for (const more of [{ email: 'evil@evil.test' }, { role: 'postern-admin' }, { roles: 'admin' }])
      assert.equal((await accept(browser, page, more)).status, 400)
    assert.equal((await accept(browser, page, { username: 'alice' })).status, 400, 'taken')
    assert.equal((await accept(browser, page)).status, 303)
    assert.deepEqual((await getUser(database, 'bob')).roles, ['user'])
  })

  test('a revoked one is not sent any more', async (t) => {
    const { context, deliver, server, invite } = await open(t)
    const { id } = await invite({})
    await runOrder(context, { command: 'user uninvite', given: { id } })
    await deliver()
    assert.deepEqual(server.mails, [])
  })

  test('is refused for an address that is none or taken, for unknown roles and odd lengths', async (t) => {
    const { context } = await open(t)
    const given = { email: 'bob@example.com' }
    const odd = [
      { email: 'alice@example.com' },
      { email: 'nobody' },
      { email: 'a@example.com\r\nBcc: b@example.com' },
      { ...given, role: ['none'] },
      { ...given, expires: '31d' },
      { ...given, expires: '0d' },
      { ...given, expires: 'long' },
    ]
    for (const each of odd)
      assert.ok('refusal' in (await runOrder(context, { command: 'user invite', given: each })), JSON.stringify(each))
  })

  test('administrators invite, list, revoke and make reset links by the API, and others do not', async (t) => {
    const { portal, addUser } = await open(t)
    await addUser('root', { roles: ['postern-admin'] })
    const root = createBrowser(portal)
    await root.signIn({ username: 'root' })
    const body = JSON.stringify({ email: 'bob@example.com', roles: ['user'], by_mail: false })
    const made = await root.post(`${API}/invitations`, { body, headers: JSON_BODY })
    assert.equal(made.status, 201)
    const { id, link } = dataOf(made) as { id: string; link: string }
    assert.match(link, /\/invite\/pi1/)
    const listed = dataOf(await root.get(`${API}/invitations`)) as readonly Record<string, unknown>[]
    assert.deepEqual(
      listed.map(({ email, roles, by }) => ({ email, roles, by })),
      [{ email: 'bob@example.com', roles: ['user'], by: 'root' }],
    )
    assert.ok(!JSON.stringify(listed).includes('pi1'), 'no list has a token')
    const reset = await root.post(`${API}/users/alice/reset-link`, { body: '{}', headers: JSON_BODY })
    assert.match((dataOf(reset) as { link: string }).link, /\/reset\/pr1/)
    assert.equal((await root.post(`${API}/users/none/reset-link`, { body: '{}', headers: JSON_BODY })).status, 404)
    const bad = ['{"email":["a@b.test"]}', '{"email":"x@y.test","admin":true}', '{"email":"x@y.test","days":99}', '[]']
    for (const each of bad)
      assert.equal((await root.post(`${API}/invitations`, { body: each, headers: JSON_BODY })).status, 400, each)
    const elsewhere = { ...JSON_BODY, origin: 'https://evil.test' }
    assert.equal((await root.post(`${API}/invitations`, { body, headers: elsewhere })).status, 403)
    const plain = { 'content-type': 'text/plain' }
    assert.ok((await root.post(`${API}/invitations`, { body, headers: plain })).status >= 400, 'CSRF-05')
    const alice = createBrowser(portal)
    await alice.signIn()
    assert.equal((await alice.post(`${API}/invitations`, { body, headers: JSON_BODY })).status, 403)
    assert.equal((await createBrowser(portal).get(`${API}/invitations`)).status, 401)
    assert.equal(await remove(portal, root, `${API}/invitations/${id}`), 200)
    assert.equal(await remove(portal, root, `${API}/invitations/${id}`), 404)
  })
})

async function open(
  t: Cleanup,
): Promise<PostOffice & { invite: (given: Readonly<Record<string, unknown>>) => Promise<Invited> }> {
  const office = await openPostOffice(t)
  return {
    ...office,
    async invite(given) {
      const reply = await runOrder(office.context, {
        command: 'user invite',
        given: { email: 'bob@example.com', ...given },
      })
      return 'result' in reply ? (reply.result.data as Invited) : assert.fail(reply.refusal)
    },
  }
}

function accept(
  browser: Browser,
  page: Page,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const body = { ...BOB, token: hidden(page, 'token'), csrf: hidden(page, 'csrf'), ...fields }
  return browser.post(INVITE, { body, headers })
}

function dataOf({ text }: Page): unknown {
  return (JSON.parse(text) as { data: unknown }).data
}

async function remove(portal: PostOffice['portal'], { jar }: Browser, path: string): Promise<number | null> {
  const { port } = portal.server.address() as AddressInfo
  const url = new URL(path, ORIGIN)
  const headers = [`Host: ${url.host}`, `Cookie: ${jar.header(url)}`, `Origin: ${ORIGIN}`, 'Connection: close']
  return rawStatus(await rawRequest(port, [`DELETE ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n')))
}
