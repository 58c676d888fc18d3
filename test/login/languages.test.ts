import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { setLanguage } from '../../src/users/language.ts'
import { getUser } from '../../src/users/users.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, openPortal } from './browser.ts'

const LOGIN = '/.postern/login'
const GERMAN = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' }

suite('the language of the portal', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice')
  })

  test('is what the browser asks for, and caches are told', async () => {
    const browser = createBrowser(app.portal)
    const german = await browser.get(LOGIN, { headers: GERMAN })
    assert.match(german.text, /<html lang="de">[^]*<h1>Anmelden<\/h1>/)
    assert.match(german.headers['vary'] ?? '', /accept-language/i)
    assert.match((await browser.get(LOGIN)).text, /<html lang="en">[^]*<h1>Sign in<\/h1>/)
  })

  test('is what a link at the foot of the page chose before, whatever the browser asks for', async () => {
    const browser = createBrowser(app.portal)
    const foot = (await browser.get(`${LOGIN}?again=expired`)).text
    assert.match(foot, /href="\?again=expired&#38;lang=de"[^>]*lang="de"[^>]*>Deutsch</)
    assert.match(foot, /lang="en"[^>]*aria-current="true"[^>]*>English</)
    const chosen = await browser.get(`${LOGIN}?again=expired&lang=de`)
    assert.deepEqual([chosen.status, chosen.headers['location']], [303, `${LOGIN}?again=expired`])
    assert.match(chosen.setCookie.join(), /^__Host-postern_language=de; Max-Age=34560000; Path=\/; HttpOnly; Secure/)
    assert.match((await browser.get(LOGIN, { headers: { 'accept-language': 'en' } })).text, /<h1>Anmelden</)
    const refused = await browser.signIn({ password: 'wrong' })
    assert.match(refused.text, /<title>Fehler: Anmelden · Postern<\/title>[^]*Passwort ist falsch/)
  })

  test('is in errors as well, where programs still read the code', async () => {
    const browser = createBrowser(app.portal)
    const page = await browser.get('/.postern/nowhere', { headers: GERMAN })
    assert.match(page.text, /<h1>Seite nicht gefunden<\/h1>\s*<p>Diese Seite gibt es nicht\.<\/p>/)
    const api = await browser.get('/.postern/api/v2/nowhere', { headers: GERMAN })
    assert.deepEqual(JSON.parse(api.text), {
      status: 'error',
      errors: [{ code: 'not_found', message: 'Diese Seite gibt es nicht.' }],
    })
    assert.match(api.headers['vary'] ?? '', /accept-language/i)
  })

  test('is changed by no link from elsewhere', async () => {
    const browser = createBrowser(app.portal)
    for (const site of ['cross-site', 'same-site']) {
      const { status, headers, setCookie } = await browser.get(`${LOGIN}?lang=de`, {
        headers: { 'sec-fetch-site': site },
      })
      assert.deepEqual([status, headers['location'], setCookie], [303, LOGIN, []])
    }
  })

  test('its links lead to the same page and nowhere else, once', async () => {
    const browser = createBrowser(app.portal)
    const targets: readonly [asked: string, location: string | undefined][] = [
      [`${LOGIN}?l%61ng=de`, LOGIN],
      [`${LOGIN}?lang=xx`, LOGIN],
      [`${LOGIN}?lang=de&rd=%2F%2Fevil.example`, `${LOGIN}?rd=%2F%2Fevil.example`],
      [`${LOGIN}?lang=de&a=?//evil.example`, `${LOGIN}?a=?//evil.example`],
      [`//evil.example${LOGIN}?lang=de`, undefined],
      [`/.postern//evil.example?lang=de`, undefined],
      [`/.postern/api/v2/auth/session?lang=de`, undefined],
    ]
    for (const [asked, location] of targets) {
      assert.equal((await browser.get(asked)).headers['location'], location, asked)
    }
    // Doubled it counts as none, so that it is no loop.
    assert.equal((await browser.get(`${LOGIN}?lang=de&lang=en`)).status, 200)
  })

  test('is on the pages of an app’s own host too', async () => {
    const browser = createBrowser(app.portal, 'https://a.team.example.com')
    const chosen = await browser.get('/.postern/logout?lang=de')
    assert.deepEqual([chosen.status, chosen.headers['location']], [303, '/.postern/logout'])
    assert.match((await browser.get('/.postern/logout')).text, /<h1>Sie sind abgemeldet</)
  })

  test('CSRF-10: a language that a link or a cookie makes up is never reflected', async () => {
    const browser = createBrowser(app.portal)
    const linked = await browser.get(`${LOGIN}?lang=${encodeURIComponent('"><svg onload=alert(1)>')}`)
    assert.deepEqual([linked.headers['location'], linked.setCookie], [LOGIN, []])
    const page = await browser.get(LOGIN, { headers: { cookie: '__Host-postern_language="><svg onload=alert(1)>' } })
    assert.doesNotMatch(page.text, /<svg|onload/)
    assert.match(page.text, /<html lang="en">/)
  })

  test('is that which somebody chose for the account, on a browser that knows none yet', async () => {
    await app.addUser('greta')
    const { id } = await getUser(app.database, 'greta')
    await setLanguage(app.database, id, 'de')
    const browser = createBrowser(app.portal)
    const signedIn = await browser.signIn({ username: 'greta' })
    assert.match(signedIn.setCookie.join('\n'), /^__Host-postern_language=de;/m)
    assert.match((await browser.get('/.postern/logout')).text, /<h1>Abmelden\?</)
    const other = createBrowser(app.portal)
    await other.get(`${LOGIN}?lang=en`)
    assert.doesNotMatch((await other.signIn({ username: 'greta' })).setCookie.join('\n'), /_language=/)
  })

  test('is that of POSTERN_LANGUAGE where nobody says otherwise, under the name that an operator gave', async (t) => {
    const env = { POSTERN_LANGUAGE: 'de', POSTERN_BRAND_NAME: '<b>Müller & Söhne', POSTERN_BRAND_ACCENT: '#b3005e' }
    const other = await openPortal(t, { env })
    const browser = createBrowser(other.portal)
    const { text } = await browser.get(LOGIN, { headers: { 'accept-language': 'fr' } })
    assert.match(text, /<title>Anmelden · &#60;b&#62;Müller &#38; Söhne<\/title>/)
    assert.match(text, /height="32" \/>&#60;b&#62;Müller &#38; Söhne<\/header>/)
    const sheet = /href="(\/\.postern\/assets\/brand-[0-9a-f]{12}\.css)"/.exec(text)?.[1] ?? ''
    const served = await browser.get(sheet)
    assert.match(served.text, /--accent:#b3005e/)
    assert.match(served.headers['cache-control'] ?? '', /immutable/)
  })
})
