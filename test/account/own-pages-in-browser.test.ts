import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openTestApp, PASSWORD, suiteCleanup, usePolicy } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { freePort } from '../support/ports.ts'
import { OVERFLOW } from '../web/in-page.ts'

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const NARROW = { width: 360, height: 740 }

suite('the pages of one’s own account in a real browser', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let origin: string
  let browser: Browser
  before(async () => {
    const [port, appPort] = [await freePort(), await openWiki()]
    origin = `http://localhost:${port}`
    app = await openTestApp(cleanup, { env: { POSTERN_PUBLIC_URL: origin } })
    await usePolicy(app.context, policyOf(appPort))
    await app.portal.listen({ host: '127.0.0.1', port })
    browser = await launchChromium(cleanup as TestContext, { hosts: {} })
  })

  const openWiki = async (): Promise<number> => {
    const server = createServer((_, response) => response.end('<h1>The wiki itself</h1>'))
    cleanup.after(async () => server.close().closeAllConnections())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }

  /** On the start page, by way of the sign-in page; what the browser complains of is told. */
  const atHome = async (
    login: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> => {
    await app.addUser(login, { roles: ['staff'] })
    const context = await browser.newContext({ viewport: NARROW, locale: 'en-GB', ...options })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${origin}/login`)
    await page.fill('[name=username]', login)
    await page.fill('[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${origin}/`)
    return { page, complaints }
  }

  for (const javaScriptEnabled of [true, false])
    test(`sign in, find an app, open it; ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const { page, complaints } = await atHome(javaScriptEnabled ? 'alice' : 'anna', { javaScriptEnabled })
      await page.getByRole('heading', { name: 'Your apps' }).waitFor()
      assert.equal(await page.locator('.apps li').count(), 9)
      assert.equal(await page.getByText('Only for bosses').count(), 0)
      assert.equal(await page.evaluate(OVERFLOW), 0)
      const width = `document.querySelector('img.tile').decode().then(() => document.querySelector('img.tile').naturalWidth)`
      assert.equal(await page.evaluate<number>(width), 1)
      await page.getByLabel('Find an app').fill('knowledge')
      await page.keyboard.press('Enter')
      await page.getByRole('status').filter({ hasText: '1 app' }).waitFor()
      await page.getByRole('link', { name: 'The wiki' }).click()
      await page.getByRole('heading', { name: 'The wiki itself' }).waitFor()
      assert.deepEqual(complaints, [])
      await page.context().close()
    })

  test('another name, German and back, and what happened; every page fits a small screen', async () => {
    const { page, complaints } = await atHome('bob')
    const go = async (name: string): Promise<void> => {
      if (!(await page.getByRole('link', { name, exact: true }).isVisible())) await page.locator('nav summary').click()
      await page.getByRole('link', { name, exact: true }).click()
      await page
        .getByRole('link', { name, exact: true, includeHidden: true })
        .and(page.locator('[aria-current]'))
        .waitFor({ state: 'attached' })
      assert.equal(await page.evaluate(OVERFLOW), 0, name)
    }
    await go('Profile')
    await page.getByLabel('Name', { exact: true }).fill('Bob the Second')
    await page.getByRole('button', { name: 'Change the name' }).click()
    await page.getByText('Your name is changed.').waitFor()
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Bob the Second')
    await go('Language')
    await page.getByLabel('Language').selectOption('de')
    await page.getByRole('button', { name: 'Use this language' }).click()
    await page.getByText('Pages and mails').waitFor({ state: 'detached' })
    assert.equal(await page.locator('html').getAttribute('lang'), 'de')
    for (const name of [
      'Profil',
      'Passwort',
      'Zweite Faktoren',
      'Geräte und Anmeldungen',
      'API-Token',
      'Aktivität',
      'Ihre Anwendungen',
      'Sprache',
    ])
      await go(name)
    await page.getByLabel('Sprache').selectOption('en')
    await page.getByRole('button', { name: 'Diese Sprache verwenden' }).click()
    await page.getByRole('heading', { name: 'Language' }).waitFor()
    await go('Activity')
    await page
      .getByRole('cell')
      .filter({ hasText: /^Sign-in$/ })
      .waitFor()
    await page.getByRole('cell').filter({ hasText: 'The profile was changed' }).first().waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('whoever sees there what he did not do ends it, and chooses a new password', async () => {
    const { page } = await atHome('carol', { javaScriptEnabled: false })
    const thief = await app.token('carol')
    await page.goto(`${origin}/account/activity`)
    await page.getByRole('link', { name: "That wasn't me" }).click()
    await page.getByRole('button', { name: 'End all others and go on' }).click()
    await page.waitForURL(`${origin}/account/password`)
    const visit = { clientAddress: '127.0.0.1', userAgent: '' }
    assert.equal(await app.context.sessions.whoHas(thief, null, visit), null)
    await page.getByLabel('Current password').fill(PASSWORD)
    await page.getByLabel('New password').fill('seven unlikely green teapots')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor()
    await page.context().close()
  })
})

function policyOf(appPort: number): string {
  const extra = Array.from(
    { length: 7 },
    (_, at) => `  - { name: app${at}, hosts: [a${at}.test], rules: [{ require: {} }] }\n`,
  )
  return `version: 1
roles: { staff: [], boss: [] }
apps:
  - name: wiki
    hosts: [localhost]
    scheme: http
    port: ${appPort}
    title: The wiki
    description: All our knowledge, and where it came from.
    icon: data:image/png;base64,${PIXEL}
    rules: [{ require: { role: staff } }]
  - { name: boss, hosts: [boss.test], title: Only for bosses, rules: [{ require: { role: boss } }] }
  - { name: any, hosts: [any.test], title: Anybody's, icon: '🛠', rules: [{ allow: anyone }] }
${extra.join('')}`
}
