import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { deleteUser } from '../../src/users/users.ts'
import { suiteCleanup } from '../support/app.ts'
import { APP, hiddenField, openDomains, PORTAL, WIKI } from './traveller.ts'
import type { Domains, Traveller } from './traveller.ts'

const APP_COOKIE = '__Host-postern_app'
const LOGOUT = '/.postern/logout'

suite('tokens of app hosts', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  let app: string
  let wiki: string
  let portal: string
  before(async () => {
    domains = await openDomains(cleanup)
    const browser = await signedInEverywhere(domains)
    app = browser.cookie(APP, APP_COOKIE) ?? ''
    wiki = browser.cookie(WIKI, APP_COOKIE) ?? ''
    portal = browser.cookie(PORTAL, '__Host-postern') ?? ''
  })

  test('COOK-15: count on their own host alone, also while memory knows them', async () => {
    const { verdict } = domains
    for (let round = 0; round < 2; round++) {
      assert.equal(await verdict(`${APP}/`, `${APP_COOKIE}=${app}`), 'user alice')
      assert.equal(await verdict(`${WIKI}/`, `${APP_COOKIE}=${wiki}`), 'user alice')
      assert.equal(await verdict('https://app.example.com./', `${APP_COOKIE}=${app}`), 'user alice')
      assert.equal(await verdict(`${WIKI}/`, `${APP_COOKIE}=${app}`), '302')
      assert.equal(await verdict(`${APP}/`, `${APP_COOKIE}=${wiki}`), '302')
      assert.equal(await verdict('https://a.team.example.com/', `${APP_COOKIE}=${app}`), '302')
    }
  })

  test('COOK-13: neither is the portal token one, nor one the portal token', async () => {
    const { verdict, travel } = domains
    for (const cookie of [
      `${APP_COOKIE}=${portal}`,
      `__Host-postern=${portal}`,
      `__Host-postern=${app}`,
      `__Secure-postern=${portal}`,
      `postern_app=${app}`,
    ])
      assert.equal(await verdict(`${APP}/`, cookie), '302', cookie)
    for (const cookie of [`__Host-postern=${app}`, `${APP_COOKIE}=${portal}`]) {
      assert.equal((await travel().open(`${PORTAL}/`, 0, { cookie })).headers['location'], '/login', cookie)
    }
  })

  test('COOK-01, COOK-02, COOK-04, COOK-05: count once, whole and under exactly their name', async () => {
    const { verdict } = domains
    const half = app.slice(0, -1)
    const values = [
      '',
      'AAAA',
      'a'.repeat(59),
      half,
      `${app}x`,
      `"${app}"`,
      '%00',
      half + (app.endsWith('A') ? 'B' : 'A'),
    ]
    const cookies = [
      ...values.map((value) => `${APP_COOKIE}=${value}`),
      `${APP_COOKIE}=${app}; ${APP_COOKIE}=${app}`,
      `${APP_COOKIE}=${app}; ${APP_COOKIE}=x`,
      `${APP_COOKIE}=; ${APP_COOKIE}=${app}`,
      `__host-postern_app=${app}`,
      `"${APP_COOKIE}"=${app}`,
      `${APP_COOKIE} =${app}`,
      `x${APP_COOKIE}=${app}`,
    ]
    for (const cookie of cookies) assert.equal(await verdict(`${APP}/`, cookie), '302', cookie)
    assert.equal(await verdict(`${APP}/`, `a=1; ${APP_COOKIE}=${app}; __Host-postern=x`), 'user alice')
  })
})

suite('signing out with a portal on a host of its own', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
  })

  for (const [where, path] of [
    [APP, LOGOUT],
    [WIKI, LOGOUT],
    [PORTAL, '/logout'],
  ] as const) {
    test(`SESS-04: on ${where} ends everything everywhere at once`, async () => {
      const browser = await signedInEverywhere(domains)
      const cookies = [APP, WIKI].map((url) => [url, `${APP_COOKIE}=${browser.cookie(url, APP_COOKIE)}`] as const)
      for (const [url, cookie] of cookies) assert.equal(await domains.verdict(`${url}/`, cookie), 'user alice')
      const asked = await browser.open(where + path)
      assert.match(asked.text, /Sign out\?/)
      assert.deepEqual(asked.setCookie, [])
      const done = await browser.post(where + path, { csrf: hiddenField(asked, 'csrf') })
      assert.match(done.text, /You are signed out/)
      const dropped = where === PORTAL ? '__Host-postern' : APP_COOKIE
      const shape = `^${dropped}=; Max-Age=0; Path=/; .*HttpOnly; Secure; SameSite=Lax$`
      assert.match(done.setCookie.join(), new RegExp(shape))
      for (const [url, cookie] of cookies) assert.equal(await domains.verdict(`${url}/`, cookie), '302')
      assert.equal((await browser.open(`${PORTAL}/`)).headers['location'], '/login')
      const anew = await browser.open(`${WIKI}/`, 3)
      assert.match(anew.text, /<h1>Sign in<\/h1>/)
    })
  }

  test('CSRF-01, CSRF-02: takes only a form of this very host and sign-in', async () => {
    const browser = await signedInEverywhere(domains)
    const csrf = hiddenField(await browser.open(APP + LOGOUT), 'csrf')
    const foreign = [
      hiddenField(await browser.open(WIKI + LOGOUT), 'csrf'),
      hiddenField(await browser.open(`${PORTAL}/logout`), 'csrf'),
      '',
    ]
    for (const wrong of foreign) assert.equal((await browser.post(APP + LOGOUT, { csrf: wrong })).status, 403)
    for (const origin of [
      PORTAL,
      WIKI,
      'null',
      'https://evil.test',
      'https://app.example.com:444',
      'http://app.example.com',
    ])
      assert.equal((await browser.post(APP + LOGOUT, { csrf }, { origin })).status, 403, origin)
    const same = { 'sec-fetch-site': 'same-site' }
    assert.equal((await browser.post(APP + LOGOUT, { csrf }, same)).status, 403)
    assert.equal((await browser.open(`${APP}/`)).user, 'alice')
    assert.equal((await browser.open(`${WIKI}/`)).user, 'alice')
  })

  test('COOK-03: with two session cookies nobody is told to be signed out, and the sign-in goes on', async () => {
    const browser = await signedInEverywhere(domains)
    const token = browser.cookie(APP, APP_COOKIE)
    const csrf = hiddenField(await browser.open(APP + LOGOUT), 'csrf')
    const cookie = `${APP_COOKIE}=${token}; ${APP_COOKIE}=planted`
    assert.equal((await browser.post(APP + LOGOUT, { csrf }, { cookie })).status, 400)
    assert.equal(await domains.verdict(`${APP}/`, `${APP_COOKIE}=${token}`), 'user alice')
  })

  test('RD-17: leads nowhere but to the page that says so', async () => {
    const browser = await signedInEverywhere(domains)
    for (const query of ['rd=https://evil.test', 'next=//evil.test', 'return_to=/%5Cevil.test']) {
      const { status, headers } = await browser.open(`${APP}${LOGOUT}?${query}`)
      assert.deepEqual([status, headers['location']], [200, undefined])
    }
  })

  test('SESS-01: signing in anew on the portal ends what was open on the apps', async () => {
    const browser = await signedInEverywhere(domains)
    const old = `${APP_COOKIE}=${browser.cookie(APP, APP_COOKIE)}`
    await browser.signIn(`${PORTAL}/login`)
    assert.equal(await domains.verdict(`${APP}/`, old), '302')
    assert.equal((await browser.open(`${APP}/`, 5)).user, 'alice')
    assert.notEqual(`${APP_COOKIE}=${browser.cookie(APP, APP_COOKIE)}`, old)
  })

  test('SESS-08: who is deleted and made again does not get the old sign-in back', async () => {
    await domains.addUser('carol')
    const browser = domains.travel()
    await browser.signIn(`${APP}/`, 'carol')
    const old = `${APP_COOKIE}=${browser.cookie(APP, APP_COOKIE)}`
    assert.equal(await domains.verdict(`${APP}/`, old), 'user carol')
    const { feed, database } = domains.context
    await feed.commit(database, (tx) => deleteUser(tx, 'carol'))
    await domains.addUser('carol')
    assert.equal(await domains.verdict(`${APP}/`, old), '302')
    assert.match((await browser.open(`${APP}/`, 3)).text, /<h1>Sign in<\/h1>/)
  })
})

suite('hosts and what they answer', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
  })
  const status = async (url: string): Promise<number> => (await domains.travel().open(url)).status

  test('the portal answers on its own host alone', async () => {
    for (const path of ['/login', '/', '/logout', '/account/sessions', '/api/v2/auth/session', '/invite/x', '/start']) {
      assert.notEqual(await status(PORTAL + path), 404, path)
      assert.equal(await status(`${APP}/.postern${path}`), onAppHost(path), path)
    }
    for (const path of ['/start', '/callback', '/logout', '/forbidden', '/login'])
      assert.equal(await status(`${PORTAL}/.postern${path}`), 404, path)
  })

  test('any other host is refused, whatever it asks for', async () => {
    for (const host of [
      'evil.test',
      'example.com',
      'x.app.example.com',
      'auth.example.com.evil.test',
      'team.example.com',
    ]) {
      for (const path of ['start', 'callback', 'logout', 'forbidden', 'login', 'none'])
        assert.equal(await status(`https://${host}/.postern/${path}`), 421, `${host} ${path}`)
    }
  })

  test('the page for a forbid is on the app host, with all that it loads, and leads to the portal', async () => {
    const browser = await signedInEverywhere(domains)
    assert.equal((await browser.open(`${APP}/old/x`)).status, 403)
    const page = await browser.open(`${APP}/.postern/forbidden`, 0, { 'x-postern-decision': '0123456789ab' })
    assert.equal(page.status, 403)
    assert.match(page.text, /<strong>alice<\/strong>/)
    assert.match(page.text, /href="https:\/\/auth\.example\.com\/login"/)
    for (const [, asset = ''] of page.text.matchAll(/(?:href|src)="(\/[^"]*assets[^"]*)"/g)) {
      assert.match(asset, /^\/\.postern\/assets\//)
      assert.equal(await status(APP + asset), 200)
    }
  })
})

function onAppHost(path: string): number {
  return { '/start': 302, '/logout': 200 }[path] ?? 404
}

async function signedInEverywhere({ travel }: Domains): Promise<Traveller> {
  const browser = travel()
  await browser.signIn(`${APP}/`)
  assert.equal((await browser.open(`${WIKI}/`, 5)).user, 'alice')
  return browser
}
