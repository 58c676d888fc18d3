import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { disableUser } from '../../src/users/users.ts'
import { ORIGIN, PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, hidden, openPortal, withoutRandom } from './browser.ts'
import type { Browser, Page } from './browser.ts'
import { addAuthenticator, addRecoveryCodes, userIdOf } from './own-factors.ts'
import type { Authenticator } from './own-factors.ts'

const SECOND = '/.postern/login/second-factor'
const SESSION = '__Host-postern'
const PENDING = '__Host-postern_pending'
const BROWSER_URL = new URL(ORIGIN)

const LIST_EVENTS = statement<[login: string], { event_type: string; result: string; details: object }>(
  'list_events',
  `select event_type, result, details from auth.auth_audit_log
   where actor_login = $1 or resource = 'user:' || $1 order by occurred_at`,
)
const EXPIRE_PENDING = statement<[]>(
  'expire_pending',
  `update auth.one_time_tokens set expires_at = now() where purpose = 'pending' and used_at is null`,
)

suite('the second factor of a sign-in', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let count = 0
  before(async () => {
    app = await openPortal(cleanup, { env: { POSTERN_RATE_LIMITS: 'off' } })
  })

  /** Somebody new with an authenticator app, in a browser that has given the password. */
  async function halfDone(): Promise<{ login: string; authenticator: Authenticator; browser: Browser; page: Page }> {
    const login = `person${++count}`
    await app.addUser(login, { roles: ['user'] })
    const authenticator = await addAuthenticator(app, login)
    const browser = createBrowser(app.portal)
    const sent = await browser.signIn({ username: login })
    assert.deepEqual([sent.status, sent.headers['location']], [303, SECOND])
    return { login, authenticator, browser, page: await browser.get(SECOND) }
  }

  async function give(
    browser: Browser,
    fields: Readonly<Record<string, string>>,
    page: Page | null = null,
  ): Promise<Page> {
    const csrf = hidden(page ?? (await browser.get(SECOND)), 'csrf')
    return browser.post(SECOND, { body: { csrf, factor: 'totp', ...fields } })
  }

  test('MFA-01: a password alone gives whoever has a second factor no session, anywhere', async () => {
    const { browser } = await halfDone()
    assert.equal(browser.jar.value(BROWSER_URL, SESSION), null)
    const token = browser.jar.value(BROWSER_URL, PENDING) ?? ''
    assert.match(token, /^pp1/)
    for (const name of [SESSION, '__Host-postern_app', PENDING]) {
      const cookie = `${name}=${token}`
      const home = await createBrowser(app.portal).get('/.postern/', { headers: { cookie } })
      assert.deepEqual([home.status, home.headers['location']], [302, '/.postern/login'], name)
      for (const path of ['/.postern/account/sessions', '/.postern/account/factors']) {
        const page = await createBrowser(app.portal).get(path, { headers: { cookie } })
        assert.equal(page.status, 302, path)
      }
      const api = await createBrowser(app.portal).get('/.postern/api/v2/auth/session', { headers: { cookie } })
      assert.equal(api.status, 401)
      assert.equal(await app.context.sessions.whoHas(token, null), null)
    }
  })

  test('MFA-02: a right code signs in with both factors, and what was half done is over', async () => {
    const { login, authenticator, browser, page } = await halfDone()
    assert.match(page.text, /autocomplete="one-time-code"/)
    const pending = browser.jar.value(BROWSER_URL, PENDING) ?? ''
    const done = await give(browser, { code: authenticator.code() }, page)
    assert.deepEqual([done.status, done.headers['location']], [303, '/.postern/'])
    assert.equal(browser.jar.value(BROWSER_URL, PENDING), null)
    const principal = await app.context.sessions.whoHas(browser.jar.value(BROWSER_URL, SESSION) ?? '', null)
    assert.deepEqual(Object.keys(principal?.factors ?? {}).toSorted(), ['password', 'totp'])
    const again = await createBrowser(app.portal).get(SECOND, { headers: { cookie: `${PENDING}=${pending}` } })
    assert.equal(again.headers['location'], '/.postern/login?again=expired')
    const events = await app.database.query(LIST_EVENTS, login)
    assert.deepEqual(
      events.map(({ event_type: type, result }) => [type, result]),
      [
        ['sign_in_half_done', 'success'],
        ['sign_in_second_factor', 'success'],
      ],
    )
  })

  test('MFA-07: a code is six ASCII digits, with blanks around them at most', async () => {
    const { authenticator, browser } = await halfDone()
    const code = authenticator.code()
    const wide = Array.from(code, (digit) => String.fromCharCode(0xff10 + Number(digit))).join('')
    for (const wrong of [
      code.slice(1),
      `${code}0`,
      wide,
      `+${code.slice(1)}`,
      '1e5',
      `${code.slice(0, 3)} ${code.slice(3)}`,
    ])
      assert.equal((await give(browser, { code: wrong })).status, 401, wrong)
    assert.equal((await give(browser, { code: ` ${code} ` })).status, 303)
  })

  test('MFA-07: as JSON a code is a text', async () => {
    const { authenticator, browser } = await halfDone()
    const api = '/.postern/api/v2/auth/second-factor'
    const headers = { 'content-type': 'application/json' }
    for (const code of [Number(authenticator.code()), [authenticator.code()], { $ne: '' }, null, true]) {
      const answer = await browser.post(api, { headers, body: JSON.stringify({ code }) })
      assert.equal(answer.status, 400, JSON.stringify(code))
    }
    const good = await browser.post(api, { headers, body: JSON.stringify({ code: authenticator.code() }) })
    assert.equal(good.status, 200)
  })

  test('MFA-08: dies after eight wrong codes, and these count on in the next sign-in', async () => {
    const { login, authenticator, browser } = await halfDone()
    const statuses: number[] = []
    for (let tries = 0; tries < 8; tries++) statuses.push((await give(browser, { code: '000000' })).status)
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 401, 303])
    const dead = await browser.get(SECOND)
    assert.equal(dead.headers['location'], '/.postern/login?again=expired')
    await browser.signIn({ username: login })
    for (let tries = 0; tries < 3; tries++) statuses.push((await give(browser, { code: '000000' })).status)
    assert.deepEqual(statuses.slice(8), [401, 401, 429])
    const stopped = await give(browser, { code: authenticator.code() })
    assert.equal(stopped.status, 429)
    assert.match(stopped.headers['retry-after'] ?? '', /^\d+$/)
  })

  test('MFA-13: a recovery code stands in for the other factor, once, however it is written', async () => {
    const { login, browser } = await halfDone()
    const [code = ''] = await addRecoveryCodes(app, login)
    const page = await browser.get(`${SECOND}?with=recovery`)
    assert.match(page.text, /Recovery code/)
    const typed = code.toLowerCase().replaceAll('-', '')
    assert.equal((await give(browser, { factor: 'recovery', code: typed }, page)).status, 303)
    const other = createBrowser(app.portal)
    await other.signIn({ username: login })
    assert.equal((await give(other, { factor: 'recovery', code })).status, 401)
  })

  test('MFA-16: a factor that was set up while the password was checked is asked for', async (t) => {
    const meanwhile = { set: async (): Promise<void> => {} }
    const racing = await openPortal(t, {
      overrides: ({ portalParts }) => {
        const { passwords } = portalParts
        const verify: typeof passwords.verify = async (stored, password) => {
          const fits = await passwords.verify(stored, password)
          await meanwhile.set()
          return fits
        }
        return { portalParts: { ...portalParts, passwords: { ...passwords, verify } } }
      },
    })
    await racing.addUser('alice')
    meanwhile.set = async () => void (await addAuthenticator(racing, 'alice'))
    const sent = await createBrowser(racing.portal).signIn()
    assert.equal(sent.headers['location'], SECOND)
  })

  test('MFA-20: wrong, used and foreign codes are answered alike', async () => {
    const used = await halfDone()
    const code = used.authenticator.code()
    assert.equal((await give(used.browser, { code })).status, 303)
    const pages: string[] = []
    for (const typed of [code, '000000', (await halfDone()).authenticator.code()]) {
      const browser = createBrowser(app.portal)
      await browser.signIn({ username: used.login })
      const page = await give(browser, { code: typed })
      pages.push(`${page.status} ${withoutRandom(page.text)}`)
    }
    assert.equal(new Set(pages).size, 1)
  })

  test('what took too long, or whose user was disabled meanwhile, begins again', async () => {
    const late = await halfDone()
    await app.database.query(EXPIRE_PENDING)
    const sent = await give(late.browser, { code: late.authenticator.code() }, late.page)
    assert.equal(sent.headers['location'], '/.postern/login?again=expired')
    assert.match((await late.browser.get('/.postern/login?again=expired')).text, /took too long/)
    const gone = await halfDone()
    await disableUser(app.database, gone.login)
    const refused = await give(gone.browser, { code: gone.authenticator.code() }, gone.page)
    assert.equal(refused.headers['location'], '/.postern/login?again=expired')
  })

  test('SESS-05: ending all sessions of somebody ends what is half done as well', async () => {
    const { login, authenticator, browser, page } = await halfDone()
    await app.context.sessions.endAllOf(login, 'revoked')
    const sent = await give(browser, { code: authenticator.code() }, page)
    assert.equal(sent.headers['location'], '/.postern/login?again=expired')
  })

  test('CSRF-01, CSRF-02: takes only forms of its own page', async () => {
    const { authenticator, browser, page } = await halfDone()
    const csrf = hidden(page, 'csrf')
    const other = await halfDone()
    const code = authenticator.code()
    const foreign = await browser.post(SECOND, { body: { csrf: hidden(other.page, 'csrf'), factor: 'totp', code } })
    assert.equal(foreign.status, 403)
    for (const headers of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'same-site' }]) {
      const sent = await browser.post(SECOND, { headers, body: { csrf, factor: 'totp', code } })
      assert.equal(sent.status, 403)
    }
    assert.equal((await give(browser, { code }, page)).status, 303)
  })

  test('a device can be trusted, so that the password is enough there and nowhere else', async () => {
    const { login, authenticator, browser, page } = await halfDone()
    assert.match(page.text, /For 30 days/)
    assert.equal((await give(browser, { code: authenticator.code(), trust: 'yes' }, page)).status, 303)
    assert.equal((await browser.signIn({ username: login })).headers['location'], '/.postern/')
    const principal = await app.context.sessions.whoHas(browser.jar.value(BROWSER_URL, SESSION) ?? '', null)
    assert.deepEqual(Object.keys(principal?.factors ?? {}), ['password'])
    assert.equal((await createBrowser(app.portal).signIn({ username: login })).headers['location'], SECOND)
    await app.context.portalParts.devices.forgetAll(app.database, await userIdOf(app, login))
    assert.equal((await browser.signIn({ username: login })).headers['location'], SECOND)
  })

  test('programs are told what is missing, and give it', async () => {
    const { login, authenticator } = await halfDone()
    const browser = createBrowser(app.portal)
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ username: login, password: PASSWORD })
    const first = await browser.post('/.postern/api/v2/auth/login', { headers, body })
    assert.deepEqual(JSON.parse(first.text), {
      status: 'ok',
      data: { next: 'second_factor', factors: ['totp'] },
    })
    const api = '/.postern/api/v2/auth/second-factor'
    const wrong = await browser.post(api, { headers, body: '{"code":"000000"}' })
    assert.deepEqual([wrong.status, errorOf(wrong)], [401, 'wrong_second_factor'])
    const done = await browser.post(api, { headers, body: JSON.stringify({ code: authenticator.code() }) })
    const told = JSON.parse(done.text) as { data: { user: { login: string }; factors: string[] } }
    assert.deepEqual([told.data.user.login, told.data.factors.toSorted()], [login, ['password', 'totp']])
    const late = await browser.post(api, { headers, body: JSON.stringify({ code: authenticator.code(1) }) })
    assert.deepEqual([late.status, errorOf(late)], [401, 'sign_in_expired'])
  })
})

function errorOf({ text }: Page): string {
  return (JSON.parse(text) as { errors: { code: string }[] }).errors[0]?.code ?? ''
}
