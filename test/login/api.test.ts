import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ORIGIN, PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, openPortal, withoutRandom } from './browser.ts'
import type { Browser, Page } from './browser.ts'

const AUTH = '/.postern/api/v2/auth'
const JSON_TYPE = { 'content-type': 'application/json' }

interface Envelope {
  readonly status: string
  readonly data?: {
    readonly user: Readonly<Record<string, unknown>>
    readonly factors: string[]
    readonly expires_at: string
  }
  readonly errors?: readonly { readonly code: string; readonly message: string }[]
}

suite('the API of signing in', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice', { roles: ['user'] })
    await app.addUser('carol', { disabled: true })
  })

  const login = (browser: Browser, given: object = {}, headers: Record<string, string> = {}): Promise<Page> =>
    browser.post(`${AUTH}/login`, {
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify({ username: 'alice', password: PASSWORD, ...given }),
    })
  const read = ({ text }: Page): Envelope => JSON.parse(text) as Envelope

  test('signs in, says who it is, and signs out for good', async () => {
    const browser = createBrowser(app.portal)
    const signedIn = await login(browser)
    assert.equal(signedIn.status, 200)
    const { status, data } = read(signedIn)
    const { id, ...user } = data?.user ?? {}
    assert.equal(status, 'ok')
    assert.deepEqual(user, { login: 'alice', email: 'alice@example.com', name: 'alice', roles: ['user'] })
    assert.match(String(id), /^[0-9a-f-]{36}$/)
    assert.deepEqual(data?.factors, ['password'])
    assert.ok(Date.parse(data?.expires_at ?? '') > Date.now() + 86_000_000)
    assert.deepEqual(read(await browser.get(`${AUTH}/session`)), { status: 'ok', data })
    const token = browser.jar.value(new URL(ORIGIN), '__Host-postern') ?? ''
    assert.ok(!signedIn.text.includes(token))
    assert.deepEqual(read(await browser.post(`${AUTH}/logout`, {})), { status: 'ok' })
    assert.equal(await app.context.sessions.whoHas(token, null), null)
    assert.equal((await browser.get(`${AUTH}/session`)).status, 401)
  })

  test('is the same path as the pages: one session for both', async () => {
    const browser = createBrowser(app.portal)
    await browser.signIn()
    assert.equal(read(await browser.get(`${AUTH}/session`)).data?.user['login'], 'alice')
    assert.equal((await browser.post(`${AUTH}/logout`, {})).status, 200)
    assert.equal((await browser.get('/.postern/')).status, 302)
  })

  test('stays signed in on the device where `remember` is true, and not otherwise', async () => {
    for (const [given, maxAge] of [
      [{}, null],
      [{ remember: false }, null],
      [{ remember: true }, '2592000'],
    ] as const) {
      const { status, setCookie } = await login(createBrowser(app.portal), given)
      assert.equal(status, 200)
      assert.equal(/; Max-Age=(\d+)/.exec(setCookie[0] ?? '')?.[1] ?? null, maxAge)
    }
  })

  test('LOGIN-01: gives one answer for wrong, unknown and disabled', async () => {
    const answers = []
    for (const given of [{ password: 'x' }, { username: 'nobody' }, { username: 'carol' }]) {
      const { status, text, setCookie } = await login(createBrowser(app.portal), given)
      answers.push(JSON.stringify([status, text, setCookie]))
    }
    assert.deepEqual(
      [...new Set(answers)].map((answer) => (JSON.parse(answer) as unknown[])[0]),
      [401],
    )
  })

  test('CSRF-02, CSRF-05: takes nothing that another site caused', async () => {
    const browser = createBrowser(app.portal)
    for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
      assert.equal((await login(browser, {}, headers)).status, 403)
    }
    await login(browser)
    assert.equal((await browser.post(`${AUTH}/logout`, { headers: { origin: 'https://evil.test' } })).status, 403)
    assert.equal((await browser.get(`${AUTH}/session`)).status, 200)
    for (const header of ['access-control-allow-origin', 'access-control-allow-credentials']) {
      const { headers } = await browser.get(`${AUTH}/session`, { headers: { origin: 'https://evil.test' } })
      assert.equal(headers[header], undefined)
    }
  })

  test('ADM-13: tells every fault in the envelope, with a code and nothing of the inside', async () => {
    const browser = createBrowser(app.portal)
    const cases = [
      [await browser.get(`${AUTH}/session`), 401, 'not_signed_in'],
      [await browser.get(`${AUTH}/none`), 404, 'not_found'],
      [await login(browser, { password: 'x' }), 401, 'invalid_credentials'],
      [await login(browser, { extra: 1 }), 400, 'bad_request'],
      [await login(browser, { password: 'x'.repeat(17_000) }), 400, 'body_too_large'],
      [await browser.get(`${AUTH}/%zz`), 400, 'bad_request'],
    ] as const
    for (const [page, status, code] of cases) {
      assert.equal(page.status, status)
      assert.match(page.headers['content-type'] ?? '', /^application\/json/)
      assert.deepEqual(
        read(page).errors?.map((error) => error.code),
        [code],
      )
      assert.deepEqual(Object.keys(JSON.parse(page.text) as object), ['status', 'errors'])
      assert.doesNotMatch(withoutRandom(page.text), /FST_|node_modules|\bat [^"]*:\d|zz|stack/)
    }
  })

  test('COOK-11: takes the session from the cookie alone', async () => {
    const token = await app.token('alice')
    const headers = { authorization: `Bearer ${token}`, 'x-session': token }
    assert.equal((await createBrowser(app.portal).get(`${AUTH}/session?token=${token}`, { headers })).status, 401)
  })
})
