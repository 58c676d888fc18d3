import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ORIGIN, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import type { Page } from './browser.ts'

const LOGIN = '/.postern/login'
const SESSION = '__Host-postern'

suite('signing in by a passkey alone', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice')
  })

  test('WAN-13: asks everybody the same, whoever has passkeys and whoever is signed in', async () => {
    const shapes: string[] = []
    for (const signsIn of [false, true]) {
      const browser = createBrowser(app.portal)
      if (signsIn) await browser.signIn()
      const csrf = hidden(await browser.get(`${LOGIN}?prove=again`), 'csrf')
      const { status, text } = await browser.post(`${LOGIN}/passkey/options`, { body: { csrf } })
      assert.equal(status, 200)
      const { challenge, ...rest } = JSON.parse(text) as { challenge: string; allowCredentials: unknown[] }
      assert.match(challenge, /^[\w-]{43}$/)
      assert.deepEqual(rest.allowCredentials, [])
      shapes.push(JSON.stringify(rest))
    }
    assert.equal(new Set(shapes).size, 1)
    assert.match(shapes[0] ?? '', /"userVerification":"required"/)
  })

  test('refuses whatever is no answer, as a page, and gives no session', async () => {
    const answers = ['null', '{}', '[]', '"x"', '{"id":"x","response":{}}', '{"__proto__":{"id":"x"}}']
    for (const response of answers) {
      const browser = createBrowser(app.portal)
      const page = await send(browser, response)
      assert.equal(page.status, 401, response)
      assert.match(page.text, /This passkey was not accepted/)
      assert.equal(browser.jar.value(new URL(ORIGIN), SESSION), null)
    }
    assert.equal((await send(createBrowser(app.portal), '{')).status, 400)
  })

  test('CSRF-01: takes neither question nor answer with the form token of another browser', async () => {
    const [mine, other] = [createBrowser(app.portal), createBrowser(app.portal)]
    await mine.get(LOGIN)
    const csrf = hidden(await other.get(LOGIN), 'csrf')
    assert.equal((await mine.post(`${LOGIN}/passkey/options`, { body: { csrf } })).status, 403)
    assert.equal((await mine.post(`${LOGIN}/passkey`, { body: { csrf, response: '{}' } })).status, 403)
  })

  async function send(browser: ReturnType<typeof createBrowser>, response: string): Promise<Page> {
    const csrf = hidden(await browser.get(LOGIN), 'csrf')
    await browser.post(`${LOGIN}/passkey/options`, { body: { csrf } })
    return browser.post(`${LOGIN}/passkey`, { body: { csrf, response } })
  }
})
