import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { ALICE, PASSWORD } from '../support/e2e.ts'
import { headerValues } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { createVisitor } from '../support/http.ts'
import { startDomainsSite } from './own-host.ts'
import type { DomainsSite } from './own-host.ts'

const ODD_PAGE = '/files/report?p=C:\\temp&q=100%&t=a%0D%0Ab&name=%C3%84'
/** Chromium says so of every page that comes with such a status. */
const STATUS_NOTE =
  /^Failed to load resource: the server responded with a status of (401|403)|^Autofocus processing was blocked/

test('two unrelated domains and a portal on a third', { timeout: 120_000 }, async (t) => {
  const site = await startDomainsSite(t)
  const { appOrigin, wikiOrigin, portalOrigin } = site
  const browser = await launchChromium(t, { hosts: site.hosts })

  await t.test('one sign-in serves both, and leads to exactly the page that was asked for', async (t) => {
    const { page, complaints } = await openBrowser(t, browser)
    await signIn(page, site, appOrigin + ODD_PAGE)
    const seen = await echoOf(page)
    assert.deepEqual([seen.url, headerValues(seen.rawHeaders, 'remote-user').join()], [ODD_PAGE, ALICE.login])
    assert.deepEqual(headerValues(seen.rawHeaders, 'cookie'), [])
    await page.goto(`${wikiOrigin}/wiki?a=b`)
    assert.equal(page.url(), `${wikiOrigin}/wiki?a=b`)
    assert.deepEqual(headerValues((await echoOf(page)).rawHeaders, 'remote-user'), [ALICE.login])
    assert.deepEqual(headerValues((await echoOf(page)).rawHeaders, 'cookie'), [])
    assert.equal(await page.evaluate('document.cookie'), '')
    assert.deepEqual(complaints, [])
  })

  await t.test('each host has a cookie of its own', async (t) => {
    const { page } = await openBrowser(t, browser)
    await signIn(page, site, `${appOrigin}/`)
    await page.goto(`${wikiOrigin}/`)
    const cookies = await page.context().cookies()
    const named = cookies
      .filter(({ name }) => !/_(?:pre|trips)$/.test(name))
      .map(({ name, domain }) => `${domain} ${name}`)
    assert.deepEqual(named.sort(), [
      'app.example.com __Host-postern_app',
      'auth.example.com __Host-postern',
      'auth.example.com __Host-postern_device',
      'wiki.example.org __Host-postern_app',
    ])
  })

  for (const [where, other] of [
    ['appOrigin', 'wikiOrigin'],
    ['wikiOrigin', 'appOrigin'],
  ] as const) {
    await t.test(`signing out on ${where} ends ${other}`, async (t) => {
      const { page, complaints } = await openBrowser(t, browser)
      await signIn(page, site, `${appOrigin}/`)
      await page.goto(`${wikiOrigin}/`)
      await page.goto(`${site[where]}/.postern/logout`)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
      await page.goto(`${site[other]}/x`)
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      assert.equal(new URL(page.url()).origin, portalOrigin)
      assert.deepEqual(complaints, [])
    })
  }

  await t.test('a code that is planted in another browser gives nothing', async (t) => {
    const code = await codeOfAlice(t, site)
    const { page } = await openBrowser(t, browser)
    assert.equal((await page.goto(code))?.status(), 403)
    await page.getByRole('heading', { name: 'Sign-in not completed' }).waitFor()
    await page.getByRole('link', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.equal((await page.goto(code))?.status(), 403)
    await page.goto(`${appOrigin}/`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.deepEqual(
      (await page.context().cookies()).filter(({ name }) => name === '__Host-postern_app'),
      [],
    )
  })

  await t.test('who may not open a page sees why on its own host', async (t) => {
    const { page, complaints } = await openBrowser(t, browser)
    await signIn(page, site, `${wikiOrigin}/`)
    assert.equal((await page.goto(`${wikiOrigin}/old/x`))?.status(), 403)
    assert.match(await page.locator('code').innerText(), /^[0-9a-f]{12}$/)
    await page.getByRole('link', { name: 'Sign in as somebody else' }).click()
    assert.equal(page.url(), `${portalOrigin}/login`)
    assert.deepEqual(complaints, [])
  })

  await t.test('people see and end their own sign-ins', async (t) => {
    const [mine, other] = [await openBrowser(t, browser), await openBrowser(t, browser)]
    await signIn(mine.page, site, `${appOrigin}/`)
    await signIn(other.page, site, `${wikiOrigin}/`)
    await mine.page.goto(`${portalOrigin}/`)
    await mine.page.getByRole('link', { name: 'Devices and sign-ins' }).click()
    assert.match(
      await mine.page.getByRole('heading', { level: 2 }).first().innerText(),
      /Chrome on Linux · this browser/,
    )
    await mine.page.getByRole('button', { name: 'End all others' }).click()
    await mine.page.getByRole('button', { name: /^End/ }).waitFor({ state: 'detached' })
    await other.page.goto(`${wikiOrigin}/`)
    await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await mine.page.goto(`${appOrigin}/`)
    assert.equal(mine.page.url(), `${appOrigin}/`)
    assert.deepEqual(mine.complaints, [])
  })

  await t.test('the portal is on its own host alone, and no secret of a link gets into the log', async (t) => {
    const { visit } = createVisitor(t, { hosts: site.hosts })
    const status = async (url: string): Promise<number> => (await visit(url)).status
    assert.equal(await status(`${portalOrigin}/login`), 200)
    assert.equal(await status(`${appOrigin}/.postern/login`), 404)
    assert.equal(await status(`${portalOrigin}/.postern/start`), 404)
    assert.equal(await status(`${portalOrigin}/invite/planted?x=planted`), 410)
    assert.equal(await status(`${appOrigin}/.postern/callback?code=planted`), 403)
    const log = site.nginx.accessLog()
    assert.match(log, /GET "auth\.example\.com\/invite" /)
    assert.doesNotMatch(log, /planted/)
  })
})

async function signIn(page: Page, { portalOrigin }: DomainsSite, url: string): Promise<void> {
  await page.goto(url)
  assert.equal(new URL(page.url()).origin, portalOrigin)
  await page.getByLabel('Login').fill(ALICE.login)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((reached) => reached.href === url)
}

async function echoOf(page: Page): Promise<EchoedRequest> {
  return JSON.parse(await page.locator('body').innerText()) as EchoedRequest
}

/** Signs in without a browser, up to the address with the code, which is not opened. */
async function codeOfAlice(t: TestContext, { hosts, appOrigin, portalOrigin }: DomainsSite): Promise<string> {
  const { visit } = createVisitor(t, { hosts })
  const page = { accept: 'text/html' }
  const form = await visit(`${appOrigin}/`, { headers: page, redirects: 3 })
  const hidden = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(form.text)?.[1] ?? ''
  const body = { csrf: hidden('csrf'), rd: hidden('rd'), username: ALICE.login, password: PASSWORD }
  const headers = { origin: portalOrigin }
  const onward = await visit(`${portalOrigin}/login`, { method: 'POST', body, headers, redirects: 1 })
  const code = onward.headers['location'] ?? ''
  assert.match(code, /\/\.postern\/callback\?code=ph1/)
  return code
}

interface BrowserVisit {
  readonly page: Page
  /** Violations of the page's policy, scripts that fail, files that are missing. */
  readonly complaints: readonly string[]
}

async function openBrowser(t: TestContext, browser: Browser): Promise<BrowserVisit> {
  const context = await browser.newContext()
  t.after(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (!STATUS_NOTE.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`))
  return { page, complaints }
}
