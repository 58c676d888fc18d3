import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { PASSWORD, suiteCleanup } from '../support/app.ts'
import { APP_COOKIE } from './hand-over-steps.ts'
import { APP, openDomains, PORTAL, WIKI } from './traveller.ts'
import type { Domains, Stop, Traveller } from './traveller.ts'

const DAY_S = 86_400
const CHOSEN = { remember: 'yes' }
const LIVES = statement<[], { idle_s: number; whole_s: number; remembered: boolean }>(
  'lives',
  `select extract(epoch from idle_timeout)::float8 as idle_s, remembered,
     extract(epoch from expires_at - created_at)::float8 as whole_s from auth.sessions order by created_at`,
)
const AGE = statement<[age: string]>(
  'age',
  `update auth.sessions set created_at = created_at - $1::interval, last_seen_at = last_seen_at - $1::interval,
     expires_at = expires_at - $1::interval`,
)

suite('staying signed in on a device', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
  })

  /** Max-Age of the cookies that an answer sets, in seconds; null for one that goes with the browser. */
  const livesOf = ({ setCookie }: Pick<Stop, 'setCookie'>): (number | null)[] =>
    setCookie.filter(isOfSignIn).map((line) => {
      const [, seconds] = /; Max-Age=(\d+)/.exec(line) ?? []
      return seconds === undefined ? null : Number(seconds)
    })

  /** The answer to a sign-in form of the portal, before any redirect. */
  const sendForm = async (browser: Traveller, more: Readonly<Record<string, string>>): Promise<Stop> => {
    const { text } = await browser.open(`${PORTAL}/login`)
    const [, csrf = ''] = /name="csrf" value="([^"]*)"/.exec(text) ?? []
    return browser.post(`${PORTAL}/login`, { csrf, username: 'alice', password: PASSWORD, ...more })
  }

  test('is offered unchecked, with how long it lasts', async () => {
    const { text } = await domains.travel().open(`${PORTAL}/login`)
    const [box = ''] = /<input [^>]*type="checkbox"[^>]*>/.exec(text) ?? []
    assert.match(box, / name="remember" id="remember" value="yes"/)
    assert.doesNotMatch(box, /checked/)
    assert.match(text, /For 30 days\./)
  })

  test('gives a cookie that outlives the browser, on the portal and on every host that it is handed over to', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    assert.deepEqual(livesOf(await sendForm(browser, CHOSEN)), [30 * DAY_S])
    const url = await codeUrlOf(browser, APP)
    const [child = null, state] = livesOf(await browser.open(url))
    assert.ok(child !== null && child > 30 * DAY_S - 60 && child <= 30 * DAY_S, String(child))
    assert.equal(state, 0)
    assert.deepEqual(await own.database.query(LIVES), [{ idle_s: 30 * DAY_S, whole_s: 30 * DAY_S, remembered: true }])
  })

  test('unless chosen, no cookie outlives the browser and the usual times hold', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    assert.deepEqual(livesOf(await sendForm(browser, {})), [null])
    const [child] = livesOf(await browser.open(await codeUrlOf(browser, APP)))
    assert.equal(child, null)
    assert.deepEqual(await own.database.query(LIVES), [{ idle_s: 8 * 3_600, whole_s: DAY_S, remembered: false }])
  })

  test('lasts unused until its end and no longer; a cookie handed over late lasts no longer either', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    await sendForm(browser, CHOSEN)
    await own.database.query(AGE, '29 days 23 hours')
    const [child = null] = livesOf(await browser.open(await codeUrlOf(browser, WIKI)))
    assert.ok(child !== null && child > 3_500 && child <= 3_600, String(child))
    const token = `${APP_COOKIE}=${browser.cookie(WIKI, APP_COOKIE)}`
    await own.database.query(AGE, '59 minutes')
    assert.equal(await own.verdict(`${WIKI}/`, token), 'user alice')
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 30 * DAY_S * 1_000 })
    await own.database.query(AGE, '2 minutes')
    assert.equal(await own.verdict(`${WIKI}/`, token), '302')
  })

  test('signing in again without the choice takes the long cookie away', async () => {
    const browser = domains.travel()
    await sendForm(browser, CHOSEN)
    assert.deepEqual(livesOf(await sendForm(browser, {})), [null])
  })

  test('the choice stays on a form that is shown again, and any other value is no form of ours', async () => {
    const browser = domains.travel()
    const again = await sendForm(browser, { ...CHOSEN, password: 'wrong' })
    assert.equal(again.status, 401)
    assert.match(again.text, /<input [^>]*name="remember"[^>]* checked/)
    for (const remember of ['', 'no', 'on', 'YES']) assert.equal((await sendForm(browser, { remember })).status, 400)
  })

  test('where it is turned off it is not offered, and who asks for it all the same signs in as usual', async (t) => {
    const own = await openDomains(t, { env: { POSTERN_SESSION_REMEMBER: '0' } })
    const browser = own.travel()
    assert.doesNotMatch((await browser.open(`${PORTAL}/login`)).text, /checkbox/)
    assert.deepEqual(livesOf(await sendForm(browser, CHOSEN)), [null])
    assert.deepEqual(await own.database.query(LIVES), [{ idle_s: 8 * 3_600, whole_s: DAY_S, remembered: false }])
  })

  test('a cookie that a whole domain shares lasts as long', async (t) => {
    const env = {
      POSTERN_SESSION_SCOPE: 'domain',
      POSTERN_COOKIE_DOMAIN: 'example.com',
      POSTERN_SESSION_REMEMBER: '2d',
    }
    const own = await openDomains(t, { env })
    const { setCookie } = await sendForm(own.travel(), CHOSEN)
    assert.match(setCookie[0] ?? '', /^__Secure-postern=ps1.*; Max-Age=172800; Domain=example\.com;/)
  })

  test('the list of own sign-ins tells which is which', async (t) => {
    const own = await openDomains(t)
    const [kept, usual] = [own.travel(), own.travel()]
    await sendForm(kept, CHOSEN)
    await sendForm(usual, {})
    const [first = '', second = ''] = (await kept.open(`${PORTAL}/account/sessions`)).text.split('<section').slice(1)
    assert.match(first, /<dd>until <time datetime="/)
    assert.match(second, /<dd>until the browser closes<\/dd>/)
  })
})

/** Where the code is that leads somebody who is signed in on the portal to an app's own host. */
async function codeUrlOf(browser: Traveller, app: string): Promise<string> {
  const [asked, start] = [await browser.open(`${app}/`), await browser.open(`${app}/.postern/start?rd=%2F`)]
  assert.equal(asked.status, 302)
  const onward = await browser.open(start.headers['location'] ?? '')
  return onward.headers['location'] ?? ''
}

/** Devices are known for longer than any sign-in lasts. */
function isOfSignIn(line: string): boolean {
  return !line.startsWith('__Host-postern_device=')
}
