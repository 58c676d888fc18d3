import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { visit } from '../account/factor-visitor.ts'
import { createBrowser, hidden } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import { ORIGIN, PASSWORD, suiteCleanup } from '../support/app.ts'
import { ADMIN, openPlace, postForm } from './people-place.ts'
import type { Place } from './people-of.ts'

const WISH = { login: 'alice', role: 'looker', hours: '24', reason: 'on call & <b>alone</b>' }

suite('a form of the console that takes a fresh proof', () => {
  const t = suiteCleanup()
  let place: Place
  before(async () => {
    place = await openPlace(t)
  })

  /** Signed in long ago. */
  const stale = async (login = 'helen'): Promise<Browser> => {
    const { token } = await visit(place.app, login, { password: 0 })
    const browser = createBrowser(place.app.portal)
    browser.jar.store(new URL(ORIGIN), [`__Host-postern=${token}; Path=/; Secure; HttpOnly`])
    return browser
  }
  const sentAway = async (browser: Browser, fields: Readonly<Record<string, string>> = WISH): Promise<string> => {
    const { status, headers, text } = await postForm(browser, { from: 'grants', to: 'grants', fields })
    assert.equal(status, 303, text)
    return headers['location'] ?? ''
  }
  /** Proves by the password who he is, at the page that he was sent to. @returns where he is sent then */
  const prove = async (browser: Browser, page: string, username = 'helen'): Promise<string> => {
    const form = await browser.get(page)
    assert.equal(form.status, 200)
    const [, rd = ''] = /rd=([^&]+)/.exec(page) ?? []
    const body = { username, password: PASSWORD, csrf: hidden(form, 'csrf'), rd: hidden(form, 'rd') || rd }
    const { status, headers, text } = await browser.post('/.postern/login', { body })
    assert.equal(status, 303, text)
    return headers['location'] ?? ''
  }

  test('leads to the proof, back to the form filled in, and is done once it is sent again', async () => {
    const browser = await stale()
    const back = await prove(browser, await sentAway(browser))
    const { origin, pathname, searchParams } = new URL(back, ORIGIN)
    assert.deepEqual([origin, pathname], [ORIGIN, `${ADMIN}/grants`])
    assert.deepEqual(Object.fromEntries(searchParams), { done: 'proven', ...WISH })
    const form = await browser.get(`${pathname}?${searchParams.toString()}`)
    assert.match(form.text, /You have proven who you are/)
    assert.match(form.text, /value="on call &#38; &#60;b&#62;alone&#60;\/b&#62;"/)
    assert.match(form.text, /<option\s+value="24" selected>/)
    assert.equal(form.text.includes('<b>alone'), false)
    const body = { ...WISH, csrf: hidden(form, 'csrf') }
    const done = await browser.post(`${ADMIN}/grants`, { body })
    assert.deepEqual([done.status, done.headers['location']], [303, `${ADMIN}/grants?done=granted`])
  })

  test('takes nothing to the proof and back but what its page fills in', async () => {
    const browser = await stale()
    const fields = { email: 'alice@example.com', name: 'Alice', version: '1' }
    const { headers } = await postForm(browser, { from: 'users/alice', to: 'users/alice/profile', fields })
    const back = await prove(browser, headers['location'] ?? '')
    const { pathname, searchParams } = new URL(back, ORIGIN)
    assert.equal(pathname, `${ADMIN}/users/alice`)
    assert.deepEqual(Object.fromEntries(searchParams), { done: 'proven', name: 'Alice', email: 'alice@example.com' })
  })

  test('comes back without what is too long for an address', async () => {
    const browser = await stale()
    const back = await prove(browser, await sentAway(browser, { ...WISH, reason: 'ö'.repeat(400) }))
    const { searchParams } = new URL(back, ORIGIN)
    assert.deepEqual([searchParams.get('login'), searchParams.has('reason')], ['alice', false])
  })

  test('is not done by a form of before once somebody else has signed in', async () => {
    const browser = await stale()
    const csrf = hidden(await browser.get(`${ADMIN}/grants`), 'csrf')
    await prove(browser, await sentAway(browser), 'root')
    assert.equal((await browser.post(`${ADMIN}/grants`, { body: { ...WISH, csrf } })).status, 403)
  })
})
