import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { PASSWORD, suiteCleanup } from '../support/app.ts'
import { APP, DOMAINS_POLICY, hiddenField, openDomains, PORTAL, WIKI } from './traveller.ts'
import type { Domains, Stop } from './traveller.ts'

const NAME = '__Secure-postern'
const ATTRIBUTES = 'Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax'
const TRIPS_ALONE = /^__Host-postern_trips=\w+; Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Lax$/
const TEAM = 'https://a.team.example.com'

suite('one cookie for a whole domain', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  let cookie: string
  before(async () => {
    const env = { POSTERN_SESSION_SCOPE: 'domain', POSTERN_COOKIE_DOMAIN: 'example.com' }
    domains = await openDomains(cleanup, { env })
    cookie = `${NAME}=${await domains.token('alice')}`
  })
  const open = (url: string, sent: string = cookie): Promise<Stop> => domains.travel().open(url, 0, { cookie: sent })

  test('is set with its domain, while the form keeps a cookie of the portal alone', async () => {
    const form = await open(`${PORTAL}/login`, '')
    assert.match(form.setCookie.join(), /^__Host-postern_pre=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const fields = { csrf: hiddenField(form, 'csrf'), username: 'alice', password: PASSWORD }
    const pre = (form.setCookie[0] ?? '').split(';')[0]
    const { setCookie } = await domains.travel().post(`${PORTAL}/login`, fields, { cookie: pre })
    assert.match(setCookie[0] ?? '', new RegExp(`^${NAME}=ps1[\\w-]+; ${ATTRIBUTES}$`))
  })

  test('counts on every host of the domain, and no other cookie of ours does', async () => {
    const token = cookie.split('=')[1]
    for (const url of [`${APP}/`, `${TEAM}/`]) {
      assert.equal(await domains.verdict(url, cookie), 'user alice')
      for (const name of ['__Host-postern', '__Host-postern_app', 'postern'])
        assert.equal(await domains.verdict(url, `${name}=${token}`), '302', name)
    }
    assert.match((await open(`${PORTAL}/`)).text, /<dd>alice<\/dd>/)
  })

  test('COOK-04, COOK-07: counts as none while there are two, and signing in anew clears what can be named', async () => {
    for (const twice of [`${cookie}; ${NAME}=tossed`, `${NAME}=tossed; ${cookie}`, `${cookie}; ${cookie}`]) {
      assert.equal(await domains.verdict(`${APP}/`, twice), '302')
      const form = await open(`${PORTAL}/login`, twice)
      const dropped = form.setCookie.filter((line) => line.startsWith(`${NAME}=;`))
      assert.deepEqual(
        dropped.map((line) => /Domain=[^;]*/.exec(line)?.[0]),
        ['Domain=example.com', undefined],
      )
    }
    assert.deepEqual(
      (await open(`${PORTAL}/login`, '')).setCookie.filter((line) => line.startsWith(NAME)),
      [],
    )
  })

  test('needs no hand-over: start signs no state and sets no cookie but the count of trips, and knows who is signed in', async () => {
    const start = await open(`${APP}/.postern/start?rd=%2Fa`, '')
    assert.match(start.setCookie.join(), TRIPS_ALONE)
    const [payload = ''] = (start.headers['location']?.split('rd=')[1] ?? '').split('.')
    assert.equal((JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown[])[3], null)
    assert.equal((await open(`${APP}/.postern/start?rd=%2Fa`)).headers['location'], `${APP}/a`)
  })

  test('a host outside the domain is handed over to, and never goes in circles', async () => {
    const token = cookie.split('=')[1]
    assert.equal(await domains.verdict(`${WIKI}/`, cookie), '302')
    const browser = domains.travel()
    const start = await browser.open(`${WIKI}/.postern/start?rd=%2Fa`)
    assert.ok(start.setCookie.some((line) => line.startsWith('__Host-postern_state=')))
    const onward = await open(start.headers['location'] ?? '')
    const there = await browser.open(onward.headers['location'] ?? '', 1)
    assert.deepEqual([there.url, there.user], [`${WIKI}/a`, 'alice'])
    assert.equal(await domains.verdict(`${WIKI}/`, `__Host-postern_app=${token}`), '302')
  })

  test('signing out on any host drops it with its domain and ends it on all', async () => {
    const own = `${NAME}=${await domains.token('alice')}`
    const csrf = hiddenField(await open(`${TEAM}/.postern/logout`, own), 'csrf')
    const done = await domains.travel().post(`${TEAM}/.postern/logout`, { csrf }, { cookie: own })
    assert.match(done.setCookie.join(), new RegExp(`^${NAME}=; Max-Age=0; Domain=example.com; Path=/; .*Secure`))
    assert.equal(await domains.verdict(`${APP}/`, own), '302')
  })
})

suite('a portal on the host of one app among others', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    const env = { POSTERN_PUBLIC_URL: `${APP}/.postern` }
    domains = await openDomains(cleanup, { env, policy: DOMAINS_POLICY })
  })

  test('its own host takes the portal cookie with nothing handed over, the others get theirs', async () => {
    const browser = domains.travel()
    const first = await browser.signIn(`${APP}/a?b=c`)
    assert.deepEqual([first.url, first.user], [`${APP}/a?b=c`, 'alice'])
    assert.equal(browser.cookie(APP, '__Host-postern_app'), null)
    const second = await browser.open(`${WIKI}/x`, 5)
    assert.deepEqual([second.url, second.user], [`${WIKI}/x`, 'alice'])
    const [portal, app] = [browser.cookie(APP, '__Host-postern'), browser.cookie(WIKI, '__Host-postern_app')]
    assert.equal(await domains.verdict(`${APP}/`, `__Host-postern_app=${app}`), '302')
    assert.equal(await domains.verdict(`${WIKI}/`, `__Host-postern=${portal}`), '302')
    assert.equal(await domains.verdict(`${APP}/`, `__Host-postern=${portal}; __Host-postern_app=x`), 'user alice')
  })

  test('the portal is not on the other hosts, though its paths look alike', async () => {
    for (const path of ['/login', '/', '/account/sessions', '/api/v2/auth/session', '/invite/x'])
      assert.equal((await domains.travel().open(`${WIKI}/.postern${path}`)).status, 404, path)
    assert.equal((await domains.travel().open(`${WIKI}/.postern/callback`)).status, 403)
  })

  test('who is signed in still sees the form on the sign-in page of the same host', async () => {
    const browser = domains.travel()
    const start = await browser.open(`${APP}/.postern/start?rd=%2Fa`)
    assert.match(start.setCookie.join(), TRIPS_ALONE)
    assert.match(start.headers['location'] ?? '', /^\/\.postern\/login\?rd=/)
    await browser.signIn(`${APP}/`)
    assert.equal((await browser.open(`${APP}${start.headers['location']}`)).status, 200)
    assert.equal((await browser.open(`${APP}/.postern/callback?code=x`)).status, 404)
  })
})
