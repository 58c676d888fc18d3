import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { createReturnAddresses } from '../../src/login/return-address.ts'
import { statement } from '../../src/store/statement.ts'
import { PASSWORD, suiteCleanup, usePolicy } from '../support/app.ts'
import { APP_COOKIE, assertRefused, codeUrl, counts, locationOf, startOf, STATE } from './hand-over-steps.ts'
import { APP, DOMAINS_POLICY, hiddenField, openDomains, PORTAL, WIDE, WIKI } from './traveller.ts'
import type { Domains } from './traveller.ts'

const ODD_PAGE = '/files/report?p=C:%5Ctemp&q=100%25&t=a%0D%0Ab&name=%C3%84'
const STEP_UP = statement<[]>('step_up', `update auth.sessions set factors = '{"password": 1, "totp": 2}'`)
const APP_FACTORS = statement<[], { factors: object }>(
  'app_factors',
  `select factors from auth.session_tokens where host is not null`,
)

/** What a visitor may name as the page to return to. */
const NAMED = [
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\/evil.test',
  'https://evil.test/',
  'evil.test',
  '',
  '/..//evil.test',
  '/%09/evil.test',
  '/%2e%2e//evil.test',
  '/a%0d%0aSet-Cookie:x=1',
  '/\t/evil.test',
  '/#x',
  'javascript:alert(1)',
  'https://app.example.com@evil.test/',
  '@evil.test',
  ':444/',
  '.evil.test/',
  `/${'a'.repeat(3_000)}`,
]

suite('a portal on a host of its own', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
  })

  test('signs in once for unrelated domains and leads to exactly the page that was asked for', async () => {
    const { travel } = domains
    const browser = travel()
    const first = await browser.signIn(APP + ODD_PAGE)
    assert.deepEqual([first.url, first.user], [APP + ODD_PAGE, 'alice'])
    for (const url of [`${WIKI}/a?b=c`, `${WIDE}/x/?q=`, 'https://a.team.example.com/']) {
      const next = await browser.open(url, 5)
      assert.deepEqual([next.url, next.user], [url, 'alice'])
    }
  })

  test('COOK: each host has a cookie and a token of its own, and the portal keeps its own to itself', async () => {
    const browser = domains.travel()
    await browser.signIn(`${APP}/`)
    await browser.open(`${WIKI}/`, 5)
    const [app, wiki] = [APP, WIKI].map((url) => browser.cookie(url, APP_COOKIE))
    assert.match(app ?? '', /^pa1/)
    assert.match(wiki ?? '', /^pa1/)
    assert.notEqual(app, wiki)
    assert.match(browser.cookie(PORTAL, '__Host-postern') ?? '', /^ps1/)
    assert.deepEqual(
      [APP, WIKI].map((url) => browser.cookie(url, '__Host-postern')),
      [null, null],
    )
    assert.equal(browser.cookie(PORTAL, APP_COOKIE), null)
  })

  test('COOK: state and app cookies have every attribute, and the state goes with its use', async () => {
    const browser = domains.travel()
    const start = await startOf(browser, `${APP}/page`)
    const shape = /^__Host-postern_state=[\w-]{32}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/
    assert.match(start.setCookie.find((line) => line.startsWith(STATE)) ?? '', shape)
    const others = start.setCookie.filter((line) => !line.startsWith(STATE))
    assert.match(others.join(), /^__Host-postern_trips=\w+; Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const callback = await browser.open(await codeUrl(browser, start), 0)
    assert.deepEqual([callback.status, callback.headers['location']], [302, `${APP}/page`])
    assert.equal(callback.headers['cache-control'], 'no-store')
    const [token = '', dropped = ''] = callback.setCookie
    assert.match(token, /^__Host-postern_app=pa1[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    assert.match(dropped, /^__Host-postern_state=; Max-Age=0; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/)
    assert.equal(browser.cookie(APP, STATE), null)
  })

  test('writes nothing before a sign-in is proven, and shows the state to nobody', async () => {
    const before = await counts(domains)
    const browser = domains.travel()
    for (let times = 0; times < 5; times++) {
      const start = await startOf(browser, `${APP}/page`)
      const location = start.headers['location'] ?? ''
      assert.match(location, /^https:\/\/auth\.example\.com\/login\?rd=[\w.-]+$/)
      assert.doesNotMatch(decoded(location), new RegExp(browser.cookie(APP, STATE) ?? 'none'))
      await browser.open(location)
      await browser.open(`${APP}/.postern/callback?code=ph100${'a'.repeat(54)}`)
    }
    assert.deepEqual(await counts(domains), before)
  })

  test('RD: the sign-in page lists the app where its form may end, and names its host', async () => {
    const form = await domains.travel().open(`${WIDE}/x`, 3)
    assert.match(form.headers['content-security-policy'] ?? '', /form-action 'self' https:\/\/wide\.example\.net:8443;/)
    assert.match(form.text, /<strong>wide\.example\.net<\/strong>/)
  })

  test('a return address is worth nothing to who changes it or signs in elsewhere', async () => {
    const browser = domains.travel()
    const { location = '' } = (await startOf(browser, `${APP}/page`)).headers
    const other = domains.travel()
    await other.signIn(`${PORTAL}/login`)
    const [payload = '', mac = ''] = location.split('rd=').join('.').split('.').slice(-2)
    for (const rd of [payload, `${payload}.`, `.${mac}`, `${payload}.${mac}x`, `${payload}x.${mac}`, '']) {
      assert.equal((await other.open(`${PORTAL}/login?rd=${rd}`)).status, 200, rd)
    }
    const straight = await other.open(location)
    assert.match(straight.headers['location'] ?? '', /^https:\/\/app\.example\.com\/\.postern\/callback\?code=ph1/)
    await assertRefused(domains, other, straight.headers['location'] ?? '')
  })

  test('who is signed in on the portal goes straight on, without a form', async () => {
    const browser = domains.travel()
    await browser.signIn(`${PORTAL}/login`)
    const start = await browser.open(await locationOf(browser, `${WIKI}/a`))
    const onward = await browser.open(start.headers['location'] ?? '')
    assert.equal(onward.status, 302)
    assert.deepEqual((await browser.open(onward.headers['location'] ?? '')).headers['location'], `${WIKI}/a`)
  })

  test('the way back after the form is as short as it can be', async () => {
    const browser = domains.travel()
    const form = await browser.open(`${APP}/a`, 3)
    const [csrf, rd] = [hiddenField(form, 'csrf'), hiddenField(form, 'rd')]
    const sent = await browser.post(`${PORTAL}/login`, { csrf, rd, username: 'alice', password: PASSWORD })
    assert.deepEqual([sent.status, sent.headers['location']], [303, `/login?rd=${rd}`])
    const onward = await browser.open(`${PORTAL}/login?rd=${rd}`)
    const callback = await browser.open(onward.headers['location'] ?? '')
    assert.equal(callback.headers['location'], `${APP}/a`)
  })

  test('RD-02: a signed address holds its state for ten minutes', () => {
    let now = 0
    const { policies } = domains.context
    const addresses = createReturnAddresses(
      { minting: Buffer.alloc(32), all: [Buffer.alloc(32)] },
      () => policies.current(),
      () => now,
    )
    const signed = addresses.sign({ host: 'app.example.com', target: '/a', stateHash: 'hash' }) ?? ''
    now = 599_999
    assert.deepEqual(addresses.open(signed), {
      url: `${APP}/a`,
      origin: APP,
      host: 'app.example.com',
      target: '/a',
      stateHash: 'hash',
    })
    now = 600_000
    assert.equal(addresses.open(signed), null)
  })

  test('several tabs that begin at once all arrive', async () => {
    const browser = domains.travel()
    const starts = [await startOf(browser, `${APP}/1`), await startOf(browser, `${APP}/2`)]
    await browser.signIn(`${PORTAL}/login`)
    const codes = await Promise.all(starts.map((start) => browser.open(start.headers['location'] ?? '')))
    const pages = codes.map(({ headers }) => headers['location'] ?? '')
    assert.equal((await browser.open(pages[0] ?? '', 2)).url, `${APP}/1`)
    const second = await browser.open(pages[1] ?? '', 2)
    assert.deepEqual([second.url, second.user], [`${APP}/`, 'alice'])
  })

  test('RD: whatever a visitor names, the way back stays on the host that was asked', async () => {
    const browser = domains.travel()
    await browser.signIn(`${PORTAL}/login`)
    for (const name of NAMED) {
      const rest = `/.postern/start?rd=${encodeURIComponent(name)}`
      const arrived = await domains.travel().open(APP + rest, 0)
      assert.equal(new URL(arrived.headers['location'] ?? '').origin, PORTAL, name)
      const there = await browser.open(APP + rest, 3)
      assert.equal(new URL(there.url).origin, APP, `${name} led to ${there.url}`)
      browser.jar.store(new URL(APP), [`${APP_COOKIE}=; Path=/; Secure; Max-Age=0`])
    }
    for (const query of [
      'rd=/a&rd=https://evil.test',
      'rd[]=https://evil.test',
      'RD=https://evil.test',
      'r%64=//evil.test',
    ]) {
      const there = await browser.open(`${APP}/.postern/start?${query}`, 4)
      assert.equal(new URL(there.url).origin, APP, query)
    }
  })

  test('RD-16: an app that is gone when it is to be returned to gets nobody back', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    const start = await startOf(browser, `${WIKI}/a`)
    const late = await startOf(browser, `${APP}/a`)
    const lateCode = await codeUrl(browser, late)
    await usePolicy(
      own.context,
      DOMAINS_POLICY.split('\n')
        .filter((line) => !/name: (wiki|app),/.test(line))
        .join('\n'),
    )
    const form = await own.travel().open(start.headers['location'] ?? '')
    assert.deepEqual([form.status, hiddenField(form, 'rd')], [200, ''])
    assert.equal((await browser.open(start.headers['location'] ?? '')).status, 200)
    assert.equal((await browser.open(lateCode)).status, 421)
  })

  test('a token copied before a step-up never passes as two factors', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    await browser.signIn(`${PORTAL}/login`)
    await own.database.query(STEP_UP)
    await browser.open(`${APP}/`, 5)
    const rows = await own.database.query(APP_FACTORS)
    assert.deepEqual(
      rows.map(({ factors }) => Object.keys(factors)),
      [['password']],
    )
  })
})

function decoded(location: string): string {
  const [payload = ''] = (location.split('rd=')[1] ?? '').split('.')
  return location + Buffer.from(payload, 'base64url').toString()
}
