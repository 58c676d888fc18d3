import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { suiteCleanup } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { ALICE, PASSWORD, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import { createVisitor } from '../support/http.ts'
import { until } from '../support/until.ts'
import { FAMILIES, openFamilies } from '../verify/dialects/families.ts'
import type { Listener } from '../verify/dialects/families.ts'

/** How Chromium says what a request is for; `page` where only a redirect helps. */
const KINDS: readonly (readonly [kind: string, method: string, headers: readonly string[], page: boolean])[] = [
  ['navigation', 'GET', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Accept: text/html,*/*;q=0.8'], true],
  ['frame', 'GET', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe', 'Accept: text/html'], true],
  ['form', 'POST', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Accept: text/html'], true],
  ['fetch', 'GET', ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Accept: */*'], false],
  ['fetch of HTML', 'GET', ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Accept: text/html'], false],
  ['events', 'GET', ['Sec-Fetch-Mode: cors', 'Accept: text/event-stream'], false],
  ['image', 'GET', ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image', 'Accept: image/*'], false],
  ['WebSocket', 'GET', ['Sec-Fetch-Mode: websocket', 'Sec-Fetch-Dest: empty', 'Connection: Upgrade'], false],
  ['old browser', 'GET', ['Accept: text/html'], true],
  ['old form', 'POST', ['Accept: text/html'], false],
  ['old script', 'GET', ['Accept: text/html', 'X-Requested-With: XMLHttpRequest'], false],
  ['old WebSocket', 'GET', ['Accept: text/html', 'Upgrade: websocket'], false],
  ['program', 'GET', ['Accept: */*'], false],
]

suite('each kind of request gets its own answer', () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openFamilies(cleanup)
  })

  for (const family of FAMILIES) {
    test(`in the words of ${family.name}`, async () => {
      for (const [kind, method, more, isPage] of KINDS) {
        const told = await listener.ask(family, { method, uri: '/a', more })
        const where = told.header(family.isNginx ? 'x-postern-location' : 'location')
        const redirect = method === 'GET' ? 302 : 303
        assert.equal(told.status, isPage && !family.isNginx ? redirect : 401, kind)
        assert.equal(where !== undefined, isPage, kind)
        assert.equal(told.body.includes('"code":"not_signed_in"'), !isPage, kind)
      }
    })
  }
})

/** What a page does, each with an address of its own, and what the proxy answers to it. */
const ACTIONS: readonly (readonly [kind: string, script: string, status: number])[] = [
  ['fetch', `fetch('/kind/fetch')`, 401],
  ['post', `fetch('/kind/post', { method: 'POST', body: 'x' })`, 401],
  ['xhr', `const x = new XMLHttpRequest(); x.open('GET', '/kind/xhr'); x.send()`, 401],
  ['events', `new EventSource('/kind/events')`, 401],
  ['image', `new Image().src = '/kind/image'`, 401],
  ['socket', `new WebSocket(location.origin.replace('http', 'ws') + '/kind/socket')`, 401],
  ['beacon', `navigator.sendBeacon('/kind/beacon', 'x')`, 401],
  ['frame', `document.body.append(Object.assign(document.createElement('iframe'), { src: '/kind/frame' }))`, 302],
  ['form', `document.body.innerHTML = '<form method="post" action="/kind/form">'; document.forms[0].submit()`, 302],
]

const SCRIPT = new URL('../../src/web/assets/session.js', import.meta.url)
const WITH_SCRIPT = '<!doctype html><title>App</title><p>App</p><script src="/.postern/session.js"></script>'

test('a real browser behind the real proxy', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })
  const browser = await launchChromium(t, { hosts: site.hosts })

  await t.test('sends nobody but visits of pages to the sign-in, and lets none through', async (t) => {
    const { page } = await openPage(t, browser, site)
    await page.goto(`${site.origin}/public/plain`)
    for (const [kind, script, status] of ACTIONS) {
      await page.evaluate(`void (() => { ${script} })()`)
      await until(`the answer to ${kind}`, 5_000, () => statusOf(site, `/kind/${kind}`))
      assert.equal(statusOf(site, `/kind/${kind}`), status, kind)
    }
    await page.waitForURL(/\/\.postern\/login\?rd=/)
    assert.deepEqual(
      site.app.requests.filter(({ url }) => url.startsWith('/kind/')),
      [],
    )
  })

  await t.test('has the script for apps, which is small, obeys a strict policy and is asked for anew', async (t) => {
    const { complaints } = await openPage(t, browser, site)
    const visitor = createVisitor(t, { hosts: site.hosts })
    const url = `${site.origin}/.postern/session.js`
    const { status, headers } = await visitor.visit(url)
    const { etag = '', 'cache-control': cache, 'content-type': type } = headers
    assert.deepEqual([status, cache, type], [200, 'no-cache', 'text/javascript; charset=utf-8'])
    assert.equal((await visitor.visit(url, { headers: { 'if-none-match': etag } })).status, 304)
    assert.ok(readFileSync(SCRIPT).byteLength < 2_048)
    assert.deepEqual(complaints, [])
  })

  await t.test('signs in in another tab when the script asks, and gets what it fetched', async (t) => {
    const { page, asked } = await openPage(t, browser, site)
    const opened = page.context().waitForEvent('page')
    await page.evaluate(`window.fetched = [1, 2].map((n) => fetch('/fetched/' + n).then((reply) => reply.status))`)
    const tab = await opened
    await signIn(tab, site)
    assert.equal(tab.url(), `${site.origin}/public/app?x=1`)
    await page.evaluate(`window.dispatchEvent(new Event('focus'))`)
    assert.deepEqual(await page.evaluate(`Promise.all(window.fetched)`), [200, 200])
    assert.equal(asked.length, 1)
  })

  await t.test('goes there itself where no tab may be opened, and comes back to the page', async (t) => {
    const { page } = await openPage(t, browser, site)
    await page.evaluate(`window.open = () => null; void fetch('/fetched/3')`)
    await signIn(page, site)
    assert.equal(page.url(), `${site.origin}/public/app?x=1`)
  })

  await t.test('asks once at most, for fetch and XMLHttpRequest alike, and the app still gets its 401', async (t) => {
    const { page, asked } = await openPage(t, browser, site, false)
    const xhr = `new Promise((done) => {
      const x = new XMLHttpRequest(); x.open('GET', '/x'); x.onloadend = () => done(x.status); x.send() })`
    assert.equal(await page.evaluate(xhr), 401)
    assert.equal(await page.evaluate(`fetch('/y').then((reply) => reply.json()).then((body) => body.status)`), 'error')
    assert.equal(await page.evaluate(`fetch('/z', { method: 'POST' }).then((reply) => reply.status)`), 401)
    assert.equal(asked.length, 1)
  })

  await t.test('leaves the asking to an app that wants to do it itself', async (t) => {
    const { page, asked } = await openPage(t, browser, site)
    await page.evaluate(`addEventListener('postern:sign-in', (event) => event.preventDefault())`)
    assert.equal(await page.evaluate(`fetch('/y').then((reply) => reply.status)`), 401)
    assert.deepEqual(asked, [])
  })
})

interface OpenPage {
  readonly page: Page
  readonly complaints: readonly string[]
  /** What the visitor was asked. */
  readonly asked: readonly string[]
}

/** A page of the app under a strict policy, which loads the script; a new visitor. */
async function openPage(t: TestContext, browser: Browser, site: ProductionSite, agrees = true): Promise<OpenPage> {
  const context = await browser.newContext()
  t.after(() => context.close())
  await context.route('**/public/app*', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: WITH_SCRIPT,
      headers: { 'content-security-policy': "default-src 'none'; script-src 'self'; connect-src 'self'" },
    }),
  )
  const page = await context.newPage()
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => void complaints.push(message.text()))
  page.on('pageerror', (error) => void complaints.push(error.message))
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void (agrees ? dialog.accept() : dialog.dismiss())
  })
  await page.goto(`${site.origin}/public/app?x=1`)
  return { page, complaints, asked }
}

async function signIn(page: Page, site: ProductionSite): Promise<void> {
  await page.getByLabel('Login').fill(ALICE.login)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${site.origin}/public/**`)
}

/** What nginx says in its log that it answered, or null while it says nothing. */
function statusOf({ nginx }: ProductionSite, path: string): number | null {
  const line = nginx
    .accessLog()
    .split('\n')
    .find((text) => text.includes(`${path}" `))
  const status = /" HTTP\/[\d.]+ (\d{3}) /.exec(line ?? '')?.[1]
  return status === undefined ? null : Number(status)
}
