import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { HOST, ORIGIN, PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, hidden, openPortal, withoutRandom } from './browser.ts'
import type { Page } from './browser.ts'

const SESSION = '__Host-postern'
const LOGIN = '/.postern/login'

suite('the sign-in page', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice', { roles: ['user'] })
    await app.addUser('carol', { disabled: true })
    await app.addUser('nopass', { password: null })
  })

  test('signs in with login or e-mail address, in any letter case and blanks around', async () => {
    for (const username of ['alice', ' ALICE ', 'Alice@Example.com']) {
      const browser = createBrowser(app.portal)
      const { status, headers, setCookie } = await browser.signIn({ username })
      assert.deepEqual([status, headers['location']], [303, '/.postern/'], username)
      assert.match(setCookie[0] ?? '', /^__Host-postern=ps1[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
      assert.match((await browser.get('/.postern/')).text, /<dd>alice<\/dd>/)
    }
  })

  test('LOGIN-01, LOGIN-10: tells wrong, unknown, disabled and passwordless apart in nothing', async () => {
    const cases = [
      ['alice', 'not it at all'],
      ['unknown', PASSWORD],
      ['carol', PASSWORD],
      ['carol', 'nor that either'],
      ['nopass', PASSWORD],
      ["' OR 1=1--", PASSWORD],
      ['alice%', PASSWORD],
      ['al_ce', PASSWORD],
      ['\\', PASSWORD],
      ['alice@evil.test', 'x'.repeat(4_000)],
    ] as const
    const pages: string[] = []
    for (const [username, password] of cases) {
      const page = await createBrowser(app.portal).signIn({ username, password })
      pages.push(JSON.stringify(comparable(page, username)))
      assert.equal(page.status, 401)
      assert.ok(page.setCookie.every((line) => !line.startsWith(`${SESSION}=`)))
      assert.ok(!page.text.includes(password))
    }
    assert.equal(new Set(pages).size, 1, pages.join('\n'))
  })

  test('LOGIN-02: checks one password hash whoever is named', async (t) => {
    let checks = 0
    const counted = await openPortal(t, {
      overrides: ({ portalParts }) => {
        const { passwords } = portalParts
        const verify: typeof passwords.verify = (stored, password) => (checks++, passwords.verify(stored, password))
        return { portalParts: { ...portalParts, passwords: { ...passwords, verify } } }
      },
    })
    await counted.addUser('alice')
    await counted.addUser('carol', { disabled: true })
    for (const username of ['alice', 'carol', 'unknown', 'alice@example.com']) {
      checks = 0
      await createBrowser(counted.portal).signIn({ username, password: 'wrong' })
      assert.equal(checks, 1, username)
    }
  })

  test('LOGIN-14: takes a password in either normal form of Unicode', async () => {
    const stored = await app.context.passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9')
    await app.addUser('zoe', { password: stored })
    const answer = await createBrowser(app.portal).signIn({
      username: 'zoe',
      password: 'cafe\u0301 cafe\u0301 cafe\u0301',
    })
    assert.equal(answer.status, 303)
  })

  test('CSRF-01: takes a form only from the visitor whom the page was given to', async () => {
    const [mine, other] = [createBrowser(app.portal), createBrowser(app.portal)]
    const foreign = hidden(await other.get(LOGIN), 'csrf')
    for (const csrf of ['', 'x', foreign, foreign.slice(0, -1)]) {
      const page = await mine.signIn({ csrf })
      assert.equal(page.status, 403, csrf)
      assert.equal(mine.jar.value(new URL(ORIGIN), SESSION), null)
    }
    const csrf = hidden(await mine.get(LOGIN), 'csrf')
    const body = { username: 'alice', password: PASSWORD, csrf }
    assert.equal((await createBrowser(app.portal).post(LOGIN, { body })).status, 403)
    assert.equal((await other.post(LOGIN, { body })).status, 403)
    assert.equal((await mine.post(LOGIN, { body })).status, 303)
  })

  test('CSRF-01: a form that is too old is shown again, and then works', async () => {
    const browser = createBrowser(app.portal)
    const shown = await browser.signIn({ csrf: 'old' })
    assert.match(shown.text, /open for too long/)
    const body = { username: 'alice', password: PASSWORD, csrf: hidden(shown, 'csrf') }
    assert.equal((await browser.post(LOGIN, { body })).status, 303)
  })

  test('CSRF-02: takes no form that another site caused', async () => {
    const sources = [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: '' },
      { origin: `https://${HOST}:8443` },
      { origin: `http://${HOST}` },
      { origin: `https://${HOST}.evil.test` },
      { origin: `${ORIGIN}, ${ORIGIN}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': '' },
    ]
    for (const headers of sources) {
      const page = await createBrowser(app.portal).signIn({}, { headers })
      assert.equal(page.status, 403, JSON.stringify(headers))
      assert.doesNotMatch(page.setCookie.join(), /__Host-postern=/)
    }
  })

  test('CSRF-13, COOK-04: two pre-sign-in cookies are none', async () => {
    const browser = createBrowser(app.portal)
    const csrf = hidden(await browser.get(LOGIN), 'csrf')
    const value = browser.jar.value(new URL(ORIGIN), `${SESSION}_pre`) ?? ''
    const headers = { cookie: `${SESSION}_pre=${value}; ${SESSION}_pre=${value}` }
    const page = await browser.post(LOGIN, { headers, body: { username: 'alice', password: PASSWORD, csrf } })
    assert.equal(page.status, 403)
  })

  test('SESS-01, SESS-02: every sign-in has a token of its own, and ends the one before in this browser', async () => {
    const browser = createBrowser(app.portal)
    const url = new URL(ORIGIN)
    browser.jar.store(url, [`${SESSION}=ps101planted; Path=/; Secure`])
    await browser.signIn()
    const first = browser.jar.value(url, SESSION) ?? ''
    assert.notEqual(first, 'ps101planted')
    await browser.signIn()
    const second = browser.jar.value(url, SESSION) ?? ''
    assert.notEqual(second, first)
    assert.equal(await app.context.sessions.whoHas(first, null), null)
    assert.notEqual(await app.context.sessions.whoHas(second, null), null)
  })

  test('SESS-01: a failed attempt leaves who is signed in as it is', async () => {
    const browser = createBrowser(app.portal)
    await browser.signIn()
    assert.equal((await browser.signIn({ password: 'wrong' })).status, 401)
    assert.equal((await browser.get('/.postern/')).status, 200)
  })

  test('an empty field is asked for, without a password check', async () => {
    const browser = createBrowser(app.portal)
    for (const [fields, sentence] of [
      [{ username: ' ' }, /Enter your login/],
      [{ password: '' }, /Enter your password/],
    ] as const) {
      const page = await browser.signIn(fields)
      assert.equal(page.status, 400)
      assert.match(page.text, sentence)
    }
  })

  test('LOGIN-25, CSRF-08: every page forbids caching, framing and foreign content', async () => {
    const browser = createBrowser(app.portal)
    const pages = [
      await browser.get(LOGIN),
      await browser.signIn({ password: 'wrong' }),
      await browser.get('/.postern/logout'),
    ]
    for (const { headers } of [...pages, await browser.get('/.postern/none'), await browser.get('/.postern/%zz')]) {
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(headers['content-security-policy'] ?? '', /^default-src 'none';.*frame-ancestors 'none'/)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'same-origin')
      assert.match(headers['strict-transport-security'] ?? '', /max-age=31536000/)
    }
  })

  test('CSRF-10: nothing that was entered or asked for comes back as markup', async () => {
    const evil = '"><script>alert(1)</script>'
    const browser = createBrowser(app.portal)
    const query = encodeURIComponent(evil)
    const pages = [
      await browser.get(`${LOGIN}?rd=${query}&error=${query}&username=${query}`),
      await browser.signIn({ username: evil, password: 'wrong' }),
      await browser.signIn({ csrf: evil }),
      await browser.get(`/.postern/${query}`),
      await browser.get(`/.postern/%zz${query}`),
      await browser.get(`/.postern/invite/${query}`),
      await browser.get(`/.postern/invite/${'%3Cscript%3E'.repeat(40)}`),
    ]
    const OWN_SCRIPT = /<script src="\/\.postern\/assets\/[\w-]+\.js" defer><\/script>/
    for (const { text } of pages) assert.doesNotMatch(text.replace(OWN_SCRIPT, ''), /<script|%3Cscript|%22%3E/i)
  })

  test('LOGIN-17, LOGIN-23: over what can be hashed at once it answers 429 at once, with a time to wait', async () => {
    const browser = createBrowser(app.portal)
    const csrf = hidden(await browser.get(LOGIN), 'csrf')
    const attempts = Array.from({ length: 75 }, (_, place) => {
      const headers = { 'x-forwarded-for': `198.51.100.${place}` }
      return browser.post(LOGIN, { headers, body: { username: `unknown${place}`, password: 'x', csrf } })
    })
    const busy = await browser.post(LOGIN, { body: { username: 'alice', password: PASSWORD, csrf } })
    const pages = await Promise.all(attempts)
    const refused = [busy, ...pages].filter(({ status }) => status === 429)
    assert.ok(refused.length > 0 && refused.length < 40, String(refused.length))
    assert.ok(pages.every(({ status }) => [401, 429].includes(status)))
    for (const { headers, text } of refused) {
      assert.match(headers['retry-after'] ?? '', /^\d+$/)
      assert.match(text, /in a few seconds/)
    }
  })

  test('LOG-02: passwords, tokens and cookies never reach the log', async () => {
    const browser = createBrowser(app.portal)
    const csrf = hidden(await browser.get(LOGIN), 'csrf')
    await browser.post(LOGIN, { body: { username: 'alice', password: 'the-planted-password', csrf } })
    await browser.signIn()
    const lines = app.logs().map((line) => JSON.stringify(line))
    for (const secret of ['the-planted-password', PASSWORD, csrf, browser.jar.value(new URL(ORIGIN), SESSION) ?? 'x']) {
      assert.ok(lines.every((line) => !line.includes(secret)))
    }
    assert.ok(lines.some((line) => line.includes('sign-in succeeded')))
  })
})

/** All that a stranger could compare, but for what is random or his own. */
function comparable({ status, headers, setCookie, text }: Page, username: string): object {
  const { date: _date, 'content-length': _length, 'set-cookie': _cookie, 'x-request-id': _id, ...others } = headers
  const shown = username.replaceAll('&', '&amp;').replaceAll("'", '&#39;')
  const cookies = setCookie.map((line) => line.replace(/=[\w-]+;/, '=…;'))
  return { status, others, cookies, text: withoutRandom(text).replace(`value="${shown}"`, 'value="…"') }
}
