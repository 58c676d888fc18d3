import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { mintToken } from '../../src/lib/tokens.ts'
import { completeFirstRun, offerFirstRun } from '../../src/login/first-run.ts'
import { getUser, listUsers } from '../../src/users/users.ts'
import { statement } from '../../src/store/statement.ts'
import type { TestApp } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import type { Browser, Page } from './browser.ts'

const INVITE = '/.postern/invite'
const ADMIN = { username: 'root', email: 'root@example.com', name: 'Root', password: 'a long enough password' }
const EXPIRE = statement('expire', `update auth.one_time_tokens set expires_at = now()`)

interface Offer extends TestApp {
  readonly link: string
  readonly invite: string
  readonly done: () => number
  readonly send: (browser: Browser, fields?: Readonly<Record<string, string>>) => Promise<Page>
}

suite('the first-run link', () => {
  test('makes the administrator, signs in, and is used up', async (t) => {
    const { portal, database, link, done, send } = await offer(t)
    const browser = createBrowser(portal)
    const made = await send(browser)
    assert.deepEqual([made.status, made.headers['location']], [303, '/.postern/start'])
    assert.deepEqual((await getUser(database, 'root')).roles, ['postern-admin'])
    assert.equal(done(), 1)
    assert.match((await browser.get('/.postern/')).text, /<dd>root<\/dd>/)
    assert.equal((await browser.get(link)).status, 410)
    assert.equal((await createBrowser(portal).signIn({ username: 'root', password: ADMIN.password })).status, 303)
  })

  test('RACE-02: makes one administrator of sixteen at once', async (t) => {
    const { portal, database, done, send } = await offer(t)
    const tries = Array.from({ length: 16 }, (_, index) =>
      send(createBrowser(portal), { username: `root${index}`, email: `root${index}@example.com` }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    assert.deepEqual(
      [303, 410].map((status) => statuses.filter((found) => found === status).length),
      [1, 15],
    )
    assert.equal((await listUsers(database)).length, 1)
    assert.equal(done(), 1)
  })

  test('RST-08: is 410 when it is wrong, expired, used, replaced or for something else', async (t) => {
    const { portal, database, context, invite: token, send } = await offer(t)
    const browser = createBrowser(portal)
    const page = await browser.get(`${INVITE}/${token}`)
    const gone = async (link: string): Promise<void> => {
      assert.equal((await browser.get(`${INVITE}/${link}`)).status, 410, link)
      const posted = await browser.post(INVITE, { body: { ...ADMIN, token: link, csrf: hidden(page, 'csrf') } })
      assert.equal(posted.status, 410, link)
    }
    const { keys } = context
    const others = [
      mintToken(keys.token, 'invite'),
      mintToken(keys.token, 'portal'),
      token.slice(0, -1),
      token.toUpperCase(),
    ]
    for (const other of ['x', ...others]) await gone(other)
    const replaced = token
    const fresh = (await offerFirstRun(database, keys.token)) ?? ''
    await gone(replaced)
    assert.equal((await browser.get(`${INVITE}/${fresh}`)).status, 200)
    await database.query(EXPIRE)
    await gone(fresh)
    assert.equal((await send(browser, { token: fresh })).status, 410)
    assert.deepEqual(await listUsers(database), [])
  })

  test('RST-16: is 410 once used, whatever else is wrong with what was entered', async (t) => {
    const { portal, send } = await offer(t)
    await send(createBrowser(portal))
    assert.equal((await send(createBrowser(portal), { username: '', password: 'x' })).status, 410)
  })

  test('is 410 once somebody else made a user, and makes nobody', async (t) => {
    const { portal, database, link, addUser, send } = await offer(t)
    await addUser('early')
    assert.equal((await createBrowser(portal).get(link)).status, 410)
    assert.equal((await send(createBrowser(portal))).status, 410)
    assert.deepEqual(
      (await listUsers(database)).map(({ login }) => login),
      ['early'],
    )
  })

  test('shows what is wrong beside each field, keeps what was entered but the password, and still works', async (t) => {
    const { portal, database, done, send } = await offer(t)
    const browser = createBrowser(portal)
    const wrong = { username: 'no blanks', email: 'nobody', name: '', password: 'short' }
    const shown = await send(browser, wrong)
    assert.equal(shown.status, 400)
    for (const name of ['username', 'email', 'name', 'password'])
      assert.match(shown.text, new RegExp(`id="${name}-error"`))
    assert.match(shown.text, /value="no blanks"/)
    assert.doesNotMatch(shown.text, /value="short"/)
    assert.deepEqual([await listUsers(database), done()], [[], 0])
    const body = { ...ADMIN, token: hidden(shown, 'token'), csrf: hidden(shown, 'csrf') }
    assert.equal((await browser.post(INVITE, { body })).status, 303)
  })

  test('takes no form from elsewhere, and none with other fields', async (t) => {
    const { portal, database, link, invite: token, send } = await offer(t)
    const browser = createBrowser(portal)
    const csrf = hidden(await browser.get(link), 'csrf')
    const body = { ...ADMIN, token, csrf }
    const crossSite = await browser.post(INVITE, { body, headers: { origin: 'https://evil.test' } })
    assert.equal(crossSite.status, 403)
    assert.equal((await send(browser, { csrf: 'x' })).status, 410)
    assert.equal((await browser.post(INVITE, { body: { ...body, role: 'x' } })).status, 400)
    const asJson = { 'content-type': 'application/json' }
    assert.equal((await browser.post(INVITE, { body: JSON.stringify(body), headers: asJson })).status, 400)
    assert.deepEqual(await listUsers(database), [])
  })

  test('makes nobody by a token that is not the offered one', async (t) => {
    const { database, context } = await offer(t)
    const person = { login: 'x', email: 'x@example.com', name: 'X', password: await context.passwords.hash('x') }
    assert.equal(await completeFirstRun(database, mintToken(context.keys.token, 'invite'), person), false)
    assert.deepEqual(await listUsers(database), [])
  })

  test('is offered while there is nobody', async (t) => {
    const { database, context, addUser } = await offer(t)
    await addUser('somebody')
    assert.equal(await offerFirstRun(database, context.keys.token), null)
  })
})

async function offer(t: Cleanup): Promise<Offer> {
  let calls = 0
  const app = await openPortal(t, { onFirstRunDone: async () => void calls++ })
  const token = (await offerFirstRun(app.database, app.context.keys.token)) ?? assert.fail('no link is offered')
  const link = `${INVITE}/${token}`
  const csrf = hidden(await createBrowser(app.portal).get(link), 'csrf')
  const send: Offer['send'] = (browser, fields = {}) =>
    browser.post(INVITE, { body: { ...ADMIN, token, csrf, ...fields } })
  return { ...app, invite: token, link, done: () => calls, send }
}
