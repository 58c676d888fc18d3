import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { headerValues } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { ALICE, PASSWORD, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'

const ODD_PAGE = '/files/report?p=C:\\temp&q=100%&t=a%0D%0Ab&name=%C3%84'
/** Chromium says so of every page that comes with such a status. */
const STATUS_NOTE =
  /^Failed to load resource: the server responded with a status of (401|403)|^Autofocus processing was blocked/

test('people with a browser', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })
  const browser = await launchChromium(t, { hosts: site.hosts })

  for (const width of [360, 1280]) {
    await t.test(`sign in, reach exactly their page and sign out at ${width} px`, async (t) => {
      const visit = await openBrowser(t, browser, { viewport: { width, height: 740 } })
      await wholeVisit(visit.page, site)
      assert.deepEqual(visit.complaints, [])
    })
  }

  await t.test('need no JavaScript', async (t) => {
    const visit = await openBrowser(t, browser, { javaScriptEnabled: false })
    await wholeVisit(visit.page, site)
    assert.deepEqual(visit.complaints, [])
  })

  await t.test('need nothing but a keyboard', async (t) => {
    const { page, complaints } = await openBrowser(t, browser)
    await page.goto(`${site.origin}/a?b=c`)
    await page.locator('[name=username]:focus').waitFor()
    await press(page, [ALICE.login, 'Tab', 'a wrong password', 'Enter'])
    await page.getByRole('alert').filter({ hasText: 'Login or password is wrong' }).waitFor()
    await page.locator('[name=password]:focus').waitFor()
    await press(page, [PASSWORD, 'Enter'])
    await reach(page, `${site.origin}/a?b=c`)
    await page.goto(`${site.origin}/.postern/logout`)
    await press(page, ['Tab', 'Enter'])
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    assert.deepEqual(complaints, [])
  })

  await t.test('see the number of the decision when they may not open a page', async (t) => {
    const { page, complaints } = await openBrowser(t, browser)
    await signIn(page, `${site.origin}/`)
    const response = await page.goto(`${site.origin}/admin/?x=1`)
    assert.equal(response?.status(), 403)
    assert.match(await page.locator('code').innerText(), /^[0-9a-f]{12}$/)
    assert.ok(!site.app.requests.some(({ url }) => url.startsWith('/admin')))
    assert.deepEqual(complaints, [])
  })

  await t.test('are not sent to a page by what a script fetches, and no script reads their session', async (t) => {
    const { page } = await openBrowser(t, browser)
    await page.goto(`${site.origin}/public/`)
    const fetched = `fetch('/api/x').then(async (reply) => [reply.status, reply.redirected, (await reply.json()).status])`
    assert.deepEqual(await page.evaluate(fetched), [401, false, 'error'])
    await signIn(page, `${site.origin}/public-not`)
    assert.deepEqual(await page.evaluate(fetched.replace('.status])', '.method])')), [200, false, 'GET'])
    assert.equal(await page.evaluate('document.cookie'), '')
  })

  await t.test('on another site can not sign anybody out or in', async (t) => {
    const { page } = await openBrowser(t, browser)
    await signIn(page, `${site.origin}/`)
    for (const path of ['logout', 'login']) {
      const form = `<form method="post" action="${site.origin}/.postern/${path}"><button>Go</button></form>`
      await page.goto(`data:text/html,${encodeURIComponent(form)}`)
      await Promise.all([page.waitForURL(`${site.origin}/**`), page.getByRole('button').click()])
      assert.match(await page.getByRole('heading').innerText(), /not allowed/)
    }
    assert.equal((await page.goto(`${site.origin}/`))?.status(), 200)
  })
})

async function wholeVisit(page: Page, { origin, app }: ProductionSite): Promise<void> {
  const seen = app.requests.length
  await page.goto(origin + ODD_PAGE)
  assert.match(page.url(), /\/\.postern\/login\?rd=/)
  await submit(page, 'a wrong password')
  await page.getByRole('alert').filter({ hasText: 'Login or password is wrong' }).waitFor()
  assert.equal(await page.getByLabel('Login').inputValue(), ALICE.login)
  await submit(page, PASSWORD)
  await reach(page, origin + ODD_PAGE)
  const { url, rawHeaders } = JSON.parse(await page.locator('body').innerText()) as EchoedRequest
  assert.deepEqual([url, headerValues(rawHeaders, 'remote-user').join()], [ODD_PAGE, ALICE.login])
  assert.deepEqual(headerValues(rawHeaders, 'cookie'), [])

  await page.goto(`${origin}/.postern/logout`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  await page.goto(`${origin}/`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const pages = app.requests.slice(seen).filter((request) => request.url !== '/favicon.ico')
  assert.deepEqual(
    pages.map((request) => request.url),
    [ODD_PAGE],
  )
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await submit(page, PASSWORD)
  await reach(page, url)
}

/** Waits for exactly this address. */
async function reach(page: Page, url: string): Promise<void> {
  await page.waitForURL((reached) => reached.href === url)
}

async function submit(page: Page, password: string): Promise<void> {
  await page.getByLabel('Login').fill(ALICE.login)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function press(page: Page, strokes: readonly string[]): Promise<void> {
  for (const stroke of strokes) {
    if (stroke === 'Tab' || stroke === 'Enter') await page.keyboard.press(stroke)
    else await page.keyboard.type(stroke)
  }
}

interface BrowserVisit {
  readonly page: Page
  /** Violations of the page's policy, scripts that fail, files that are missing. */
  readonly complaints: readonly string[]
}

async function openBrowser(
  t: TestContext,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserVisit> {
  const context = await browser.newContext(options)
  t.after(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (!STATUS_NOTE.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    // What a page still loads when the visitor goes on.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`)
  })
  return { page, complaints }
}
