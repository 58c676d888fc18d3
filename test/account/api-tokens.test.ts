import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, suite, test } from 'node:test'
import { totpCode } from '../../src/credentials/totp-code.ts'
import { statement } from '../../src/store/statement.ts'
import type { FactorTimes } from '../../src/lib/principal.ts'
import { findCredentials } from '../../src/users/users.ts'
import { createBrowser, hidden, openPortal } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { ORIGIN, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { makeToken } from '../verify/machine.ts'

const PAGE = '/.postern/account/api-tokens'
const API = '/.postern/api/v2/tokens'
const FIELDS = { name: 'backup', days: '30', apps: '', hosts: '', paths: '', methods: '', networks: '' }
const LETTERS = statement<[], { kind: string }>(
  'letters',
  `select kind from auth.mail_outbox where kind = 'api_token_created'`,
)

suite('one’s own API tokens', { timeout: 60_000 }, () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    for (const login of ['alice', 'bob', 'carol']) await app.addUser(login, { password: null })
    await app.addUser('root', { password: null, roles: ['postern-admin'] })
  })

  async function signedIn(login: string, factors: FactorTimes = { password: Date.now() }): Promise<Browser> {
    const { database, sessions } = app.context
    const person = await findCredentials(database, login)
    if (person === null) throw new Error(`there is no ${login}`)
    const about = { userId: person.id, sessionEpoch: person.session_epoch, address: null, userAgent: '' }
    const started = await database.transaction((tx) => sessions.start(tx, { ...about, factors }))
    if (started === null) throw new Error(`${login} may not sign in`)
    const browser = createBrowser(app.portal)
    browser.jar.store(new URL(ORIGIN), [`__Host-postern=${started.token}; Path=/; Secure; HttpOnly`])
    return browser
  }

  const make = async (browser: Browser, fields: Record<string, string> = {}): Promise<Page> => {
    const csrf = hidden(await browser.get(PAGE), 'csrf')
    return browser.post(PAGE, { body: { csrf, ...FIELDS, ...fields } })
  }
  const tokenIn = ({ text }: Page): string => /<code id="token">(pst_[\w-]{56})<\/code>/.exec(text)?.[1] ?? ''
  const json = (value: unknown): { body: string; headers: Record<string, string> } => ({
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json' },
  })

  test('are made, shown once, listed, and revoked', async () => {
    const alice = await signedIn('alice')
    const made = await make(alice, { name: 'backup <b>', paths: '/api/**, /feed', methods: 'get' })
    assert.equal(made.status, 200)
    const token = tokenIn(made)
    assert.notEqual(token, '')
    assert.match(made.headers['content-security-policy'] ?? '', /script-src 'self'/)
    const [letter] = await app.database.query(LETTERS)
    assert.notEqual(letter, undefined)
    const list = await alice.get(PAGE)
    assert.equal(list.text.includes(token.slice(0, 20)), false)
    assert.ok(list.text.includes('<h2>backup &#60;b&#62;</h2>'))
    assert.ok(list.text.includes('GET, /api/** /feed'))
    assert.equal((await app.context.apiTokens.list('alice', 10)).length, 1)
    const bob = await signedIn('bob')
    const id = hidden(list, 'id')
    assert.equal((await bob.get(PAGE)).text.includes(id), false)
    const csrf = hidden(await bob.get(PAGE), 'csrf')
    await bob.post(`${PAGE}/revoke`, { body: { csrf, id } })
    assert.equal((await app.context.apiTokens.list('alice', 10)).length, 1, 'only one’s own')
    await alice.post(`${PAGE}/revoke`, { body: { csrf: hidden(list, 'csrf'), id } })
    assert.deepEqual(await app.context.apiTokens.list('alice', 10), [])
  })

  test('what was filled in wrongly is said beside its field, and stays', async () => {
    const alice = await signedIn('alice')
    const page = await make(alice, { name: ' ', days: '9999', networks: '' })
    assert.equal(page.status, 400)
    assert.match(page.text, /id="name-error"/)
    assert.match(page.text, /id="days-error"/)
    const narrowed = await make(alice, { paths: 'api', apps: 'app nope' })
    assert.match(narrowed.text, /<details +open>/)
    assert.match(narrowed.text, /id="apps-error"/)
    assert.match(narrowed.text, /value="app nope"/)
  })

  test('take a fresh proof, by the second factor where there is one', async () => {
    // Each has a token, whose form to revoke it gives the page a form token.
    for (const login of ['bob', 'carol']) await makeToken(app, login)
    const old = await signedIn('bob', { password: Date.now() - 3_600_000 })
    const page = await old.get(PAGE)
    assert.match(page.text, /Prove who you are/)
    assert.equal((await make(old)).status, 303)
    assert.equal((await old.post(API, json({ name: 'x' }))).status, 403)
    const { id } = (await findCredentials(app.database, 'carol')) ?? assert.fail()
    const code = totpCode(await app.context.ownFactors.beginTotp(app.database, id), Math.floor(Date.now() / 30_000))
    await app.context.ownFactors.confirmTotp(app.database, { userId: id, name: 'phone', code, nowMs: Date.now() })
    assert.equal((await make(await signedIn('carol'))).status, 303)
    const both = await signedIn('carol', { password: Date.now(), totp: Date.now() })
    assert.equal(tokenIn(await make(both)).length, 60)
  })

  test('CSRF-01: nothing is made or revoked by a form that isn’t this visitor’s', async () => {
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')]
    const csrf = hidden(await bob.get(PAGE), 'csrf')
    for (const body of [
      { ...FIELDS, csrf },
      { ...FIELDS, csrf: '' },
    ])
      assert.equal((await alice.post(PAGE, { body })).status, 403)
    const foreign = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    const own = hidden(await alice.get(PAGE), 'csrf')
    assert.equal((await alice.post(PAGE, { body: { ...FIELDS, csrf: own }, headers: foreign })).status, 403)
    const { body, headers } = json({ name: 'x' })
    assert.equal((await alice.post(API, { body, headers: { ...headers, ...foreign } })).status, 403)
    assert.deepEqual(await app.context.apiTokens.list('alice', 10), [])
  })

  test('by the API likewise; administrators see and end those of all', async () => {
    const [alice, root] = [await signedIn('alice'), await signedIn('root')]
    const made = await alice.post(API, json({ name: 'ci', days: 1, paths: ['/api/**'] }))
    assert.equal(made.status, 201)
    const { data } = JSON.parse(made.text) as { data: { id: string; token: string } }
    const own = JSON.parse((await alice.get(API)).text) as { data: { id: string; scope: { paths: string[] } }[] }
    assert.deepEqual([own.data[0]?.id, own.data[0]?.scope.paths], [data.id, ['/api/**']])
    assert.equal(JSON.stringify(own).includes(data.token.slice(0, 20)), false)
    for (const query of ['?login=root', '?all=true']) assert.equal((await alice.get(API + query)).status, 403)
    assert.equal((await root.get(`${API}?all=true`)).status, 200)
    assert.match((await root.get(`${API}?login=alice`)).text, new RegExp(data.id))
    const wrong = [
      { name: 'x', days: '1' },
      { name: 'x', roles: ['admin'] },
      { name: 1 },
      { name: 'x', paths: '/' },
      {},
    ]
    for (const body of wrong) assert.equal((await alice.post(API, json(body))).status, 400)
    const named = await alice.post(API, json({ name: 'x', methods: ['NUKE'] }))
    assert.match(named.text, /"field":"methods"/)
    const remove = async (browser: Browser): Promise<number> => {
      const cookie = browser.jar.header(new URL(ORIGIN))
      const { port } = app.portal.server.address() as AddressInfo
      const headers = { host: new URL(ORIGIN).host, cookie, origin: ORIGIN }
      const sent = request({
        method: 'DELETE',
        host: '127.0.0.1',
        port,
        path: `${API}/${data.id}`,
        headers,
        agent: false,
      })
      const [answer] = (await once(sent.end(), 'response')) as [IncomingMessage]
      answer.resume()
      return answer.statusCode ?? 0
    }
    assert.equal(await remove(await signedIn('bob')), 404)
    assert.equal(await remove(root), 200)
    assert.equal(await remove(alice), 404)
  })

  test('ADM-01, ADM-10: a token itself opens nothing of the portal', async () => {
    const alice = await signedIn('alice')
    const made = await alice.post(API, json({ name: 'ci' }))
    const { data } = JSON.parse(made.text) as { data: { token: string } }
    const stranger = createBrowser(app.portal)
    const body = json({ name: 'x' })
    const basic = `Basic ${Buffer.from(`alice:${data.token}`).toString('base64')}`
    for (const [authorization, status] of [[`Bearer ${data.token}`, 403] as const, [basic, 401] as const]) {
      assert.equal((await stranger.get(API, { headers: { authorization } })).status, status)
      assert.equal((await stranger.post(API, { ...body, headers: { ...body.headers, authorization } })).status, status)
      assert.equal((await stranger.get(PAGE, { headers: { authorization } })).status, 302)
    }
    const cookie = `__Host-postern=${data.token}`
    assert.equal((await stranger.get(API, { headers: { cookie } })).status, 401)
  })
})
