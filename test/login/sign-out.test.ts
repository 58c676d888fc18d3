import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import { ORIGIN } from '../support/app.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import type { Browser } from './browser.ts'

const LOGOUT = '/.postern/logout'
const SESSION = '__Host-postern'

const tokenOf = (browser: Browser): string => browser.jar.value(new URL(ORIGIN), SESSION) ?? ''

suite('signing out', () => {
  test('CSRF-04, COOK-10: asks first, then ends the sign-in at once and drops the cookie', async (t) => {
    const { portal, context, addUser } = await openPortal(t)
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const token = tokenOf(browser)
    const asked = await browser.get(LOGOUT)
    assert.deepEqual([asked.status, asked.setCookie], [200, []])
    assert.match(asked.text, /Sign out\?/)
    assert.notEqual(await context.sessions.whoHas(token, null), null)
    const done = await browser.post(LOGOUT, { body: { csrf: hidden(asked, 'csrf') } })
    assert.match(done.text, /You are signed out/)
    assert.match(
      done.setCookie.join(),
      /^__Host-postern=; Max-Age=0; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/,
    )
    assert.equal(await context.sessions.whoHas(token, null), null)
    assert.equal(tokenOf(browser), '')
    assert.equal((await browser.get('/.postern/')).headers['location'], '/.postern/login')
  })

  test('CSRF-01, CSRF-02: takes only a form of this very sign-in, from this site', async (t) => {
    const { portal, context, addUser } = await openPortal(t)
    await addUser('alice')
    const [browser, other] = [createBrowser(portal), createBrowser(portal)]
    await browser.signIn()
    await other.signIn()
    const csrf = hidden(await browser.get(LOGOUT), 'csrf')
    const foreign = hidden(await other.get(LOGOUT), 'csrf')
    const signInToken = hidden(await browser.get('/.postern/login'), 'csrf')
    for (const wrong of ['', 'x', foreign, signInToken]) {
      assert.equal((await browser.post(LOGOUT, { body: { csrf: wrong } })).status, 403)
    }
    for (const headers of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'same-site' }, { origin: 'null' }]) {
      assert.equal((await browser.post(LOGOUT, { headers, body: { csrf } })).status, 403)
    }
    const rests = [{ csrf, rd: 'https://evil.test' }, {}, { csrf: '\0' }] as const
    for (const body of rests) assert.equal((await browser.post(LOGOUT, { body: { ...body } })).status, 400)
    const asJson = { 'content-type': 'application/json' }
    assert.equal((await browser.post(LOGOUT, { headers: asJson, body: `csrf=${csrf}` })).status, 400)
    assert.notEqual(await context.sessions.whoHas(tokenOf(browser), null), null)
    assert.equal((await browser.post(LOGOUT, { body: { csrf } })).status, 200)
    assert.notEqual(await context.sessions.whoHas(tokenOf(other), null), null)
  })

  test('COOK-03: with two session cookies nobody is told to be signed out, and the sign-in goes on', async (t) => {
    const { portal, context, addUser } = await openPortal(t)
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const token = tokenOf(browser)
    const csrf = hidden(await browser.get(LOGOUT), 'csrf')
    const headers = { cookie: `${SESSION}=${token}; ${SESSION}=planted` }
    assert.equal((await browser.post(LOGOUT, { headers, body: { csrf } })).status, 400)
    assert.notEqual(await context.sessions.whoHas(token, null), null)
  })

  test('RD-17: leads nowhere but to the page that says so', async (t) => {
    const { portal, addUser } = await openPortal(t)
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const query = '?rd=https://evil.test&next=//evil.test'
    const csrf = hidden(await browser.get(LOGOUT + query), 'csrf')
    const done = await browser.post(LOGOUT + query, { body: { csrf } })
    assert.deepEqual([done.status, done.headers['location']], [200, undefined])
    assert.doesNotMatch(done.text, /evil/)
  })

  test('again, or by nobody, says the same', async (t) => {
    const { portal } = await openPortal(t)
    const browser = createBrowser(portal)
    assert.match((await browser.get(LOGOUT)).text, /You are signed out/)
    assert.match((await browser.post(LOGOUT, { body: { csrf: 'any' } })).text, /You are signed out/)
  })

  test('that can not be written is 503, and neither page nor cookie says otherwise', async (t) => {
    const { portal, addUser } = await openPortal(t, {
      overrides: ({ portalParts }) => {
        const end = () => Promise.reject(new PosternError('store_unavailable', 'gone'))
        return { portalParts: { ...portalParts, sessions: { ...portalParts.sessions, end } } }
      },
    })
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const csrf = hidden(await browser.get(LOGOUT), 'csrf')
    const failed = await browser.post(LOGOUT, { body: { csrf } })
    assert.deepEqual([failed.status, failed.setCookie], [503, []])
    assert.doesNotMatch(failed.text, /signed out|gone/)
    const byApi = await browser.post('/.postern/api/v2/auth/logout', {})
    assert.deepEqual([byApi.status, byApi.setCookie], [503, []])
  })
})
