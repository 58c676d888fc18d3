import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { MAX_TRIPS } from '../../src/login/trips.ts'
import { PASSWORD, suiteCleanup } from '../support/app.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import { locationOf } from './hand-over-steps.ts'
import { APP, hiddenField, openDomains, PORTAL } from './traveller.ts'
import type { Domains, Stop, Traveller } from './traveller.ts'

const NO_APP_COOKIE = '__Host-postern_app=; Max-Age=0; Path=/; Secure'
/** More than any way through portal and app takes. */
const MANY = 30

suite('a browser that comes back again and again', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
  })

  test('is shown that the proxy keeps the cookie from the gateway', async () => {
    const browser = domains.travel()
    await browser.signIn(`${APP}/a?b=c`)
    const start = await locationOf(domains.travel(), `${APP}/a?b=c`)
    // Signing in was the first trip.
    assertLoop(await repeat(MAX_TRIPS, () => browser.open(start)), 'gateway_not_told')
  })

  test('is shown that it does not keep the cookie of the app', async () => {
    const browser = domains.travel()
    await browser.signIn(`${PORTAL}/login`)
    const stops = await repeat(MAX_TRIPS + 1, async () => {
      const stop = await browser.open(`${APP}/`, 3)
      browser.jar.store(new URL(APP), [NO_APP_COOKIE])
      return stop
    })
    assertLoop(stops, 'cookie_missing')
  })

  test('is shown that two cookies of one name came, or one that does not count', async () => {
    for (const [cookie, cause] of [
      ['__Host-postern_app=a; __Host-postern_app=b', 'cookie_doubled'],
      ['__Host-postern_app=a', 'cookie_not_valid'],
    ] as const) {
      const browser = domains.travel()
      const start = await locationOf(browser, `${APP}/`)
      const stops = await repeat(MAX_TRIPS + 1, () => {
        const trips = browser.cookie(APP, '__Host-postern_trips')
        return browser.open(start, 0, { cookie: `${cookie}; __Host-postern_trips=${trips}` })
      })
      assertLoop(stops, cause)
    }
  })

  test('is told of a page that wants it proven anew each time, and may go on proving', async () => {
    const browser = domains.travel()
    await browser.signIn(`${APP}/`)
    const start = `${APP}/.postern/start?rd=%2Fstrict&prove=again`
    const stops = await repeat(MAX_TRIPS + 1, () => browser.open(start))
    assertLoop(stops, 'proof_too_old')
    assert.match(stops.at(-1)?.text ?? '', /href="\/\.postern\/start\?rd=%2Fstrict&#?\w+;prove=again"/)
  })

  test('is told of a proxy that names another scheme than the public URL', async () => {
    const browser = domains.travel()
    const start = await locationOf(browser, `${APP}/`)
    const stops = await repeat(MAX_TRIPS + 1, () => browser.open(start, 0, { 'x-forwarded-proto': 'http' }))
    assertLoop(stops, 'wrong_scheme')
  })

  test('may try again by a click, and is then counted anew', async () => {
    const browser = domains.travel()
    const start = await locationOf(browser, `${APP}/a?b=%22%3E`)
    const last = (await repeat(MAX_TRIPS + 1, () => browser.open(start))).at(-1)
    const again = /<a class="button" href="([^"]*)"/.exec(last?.text ?? '')?.[1] ?? ''
    const stop = await browser.open(APP + again)
    assert.deepEqual([stop.status, APP + again], [302, start])
  })

  test('is not stopped when a person signs in in five tabs, of one page or of many at once', async () => {
    const browser = domains.travel()
    for (let tab = 0; tab < 5; tab++) assert.equal((await browser.open(`${APP}/same`, 3)).status, 200)
    for (let tab = 0; tab < 25; tab++) assert.equal((await browser.open(`${APP}/tab/${tab}`, 3)).status, 200)
    const { user } = await browser.signIn(`${APP}/other`)
    assert.equal(user, 'alice')
    for (let tab = 0; tab < 25; tab++) assert.equal((await browser.open(`${APP}/tab/${tab}`, 5)).user, 'alice')
  })
})

suite('a browser without cookies can not loop', () => {
  const cleanup = suiteCleanup()

  test('on no host at all, nor on the host of the app alone', async () => {
    const domains = await openDomains(cleanup)
    const signedIn = domains.travel()
    await signedIn.signIn(`${PORTAL}/login`)
    const nowhere = await followWith(() => domains.travel(), `${APP}/`)
    assert.match(nowhere.text, /<h1>Sign in<\/h1>/)
    const onPortal = (url: string): Traveller => (url.startsWith(PORTAL) ? signedIn : domains.travel())
    const refused = await followWith(onPortal, `${APP}/`)
    assert.deepEqual([refused.status, refused.headers['location']], [403, undefined])
    assert.match(refused.text, /allow cookies/)
  })

  test('with a cookie for a domain that browsers do not take', async () => {
    const env = { POSTERN_SESSION_SCOPE: 'domain', POSTERN_COOKIE_DOMAIN: 'example.com' }
    const domains = await openDomains(cleanup, { env })
    const browser = domains.travel()
    const stops = await repeat(MAX_TRIPS + 1, async () => {
      const form = await browser.open(`${APP}/`, 3)
      const fields = { csrf: hiddenField(form, 'csrf'), rd: hiddenField(form, 'rd') }
      if (form.status === 200)
        await browser.post(`${PORTAL}/login`, { ...fields, username: 'alice', password: PASSWORD })
      return form
    })
    assertLoop(stops, 'cookie_missing')
  })

  test('is told so as soon as it sends the form, also where http keeps it from taking secure cookies', async () => {
    const { portal, addUser } = await openPortal(cleanup)
    await addUser('alice')
    const csrf = hidden(await createBrowser(portal).get('/.postern/login'), 'csrf')
    for (const headers of [{}, { 'x-forwarded-proto': 'http' }]) {
      const body = { username: 'alice', password: PASSWORD, csrf }
      const answer = await createBrowser(portal).post('/.postern/login', { body, headers })
      assert.deepEqual([answer.status, answer.headers['location']], [403, undefined])
      assert.match(answer.text, /Allow cookies for this address.*begins with https/)
    }
  })

  test('where portal and app share a host, the page that names the cause comes there as well', async () => {
    const { portal, addUser } = await openPortal(cleanup)
    await addUser('alice')
    const browser = createBrowser(portal)
    await browser.signIn()
    const pages = await repeat(MAX_TRIPS + 1, () => browser.get('/.postern/start?rd=%2Fx'))
    assert.deepEqual(
      pages.map(({ status }) => status),
      [...Array<number>(MAX_TRIPS).fill(302), 403],
    )
    assert.match(pages.at(-1)?.text ?? '', /<code>gateway_not_told<\/code>/)
  })
})

/** All but the last go on, and the last is the page. */
function assertLoop(stops: readonly Stop[], cause: string): void {
  const last = stops.at(-1)
  assert.ok(stops.slice(0, -1).every(({ text }) => !text.includes('does not hold')))
  assert.deepEqual([last?.status, last?.headers['location']], [403, undefined])
  assert.match(last?.text ?? '', new RegExp(`<code>${cause}</code>`))
  assert.match(last?.headers['content-security-policy'] ?? '', /default-src 'none'/)
}

async function repeat<Result>(times: number, act: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let time = 0; time < times; time++) results.push(await act())
  return results
}

/** Follows redirects, each with the browser that has the cookies for that address. */
async function followWith(browserFor: (url: string) => Traveller, url: string, left = MANY): Promise<Stop> {
  const stop = await browserFor(url).open(url)
  const { location } = stop.headers
  if (location === undefined) return stop
  assert.ok(left > 0, 'redirects without end')
  return followWith(browserFor, new URL(location, url).href, left - 1)
}
