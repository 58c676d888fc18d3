import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { PASSWORD } from '../support/e2e.ts'
import { IS_LONG } from '../support/long.ts'
import { ADMIN, startSeededSite } from '../support/seeded-site.ts'
import type { SeededSite } from '../support/seeded-site.ts'
import { OVERFLOW } from '../web/in-page.ts'

const CONSOLE = '/.postern/admin'
const LISTS = ['users', 'users/tomas.berg', 'new-user', 'invitations', 'roles', 'sessions', 'attempts', 'grants']

/** Without script only in the long suites: policy-in-browser.test.ts goes without it always. */
const WALKS = [
  ['carla', true],
  ['karl', false],
] as const

test('people are looked after in a real browser, with and without script', { timeout: 240_000 }, async (t) => {
  const site = await startSeededSite(t)
  const browser = await launchChromium(t, { hosts: {} })
  for (const [login, javaScriptEnabled] of IS_LONG ? WALKS : WALKS.slice(0, 1)) {
    await t.test(javaScriptEnabled ? 'with script' : 'without script', async (t) => {
      const context = await browser.newContext({ javaScriptEnabled })
      const other = await browser.newContext({ javaScriptEnabled })
      t.after(() => Promise.all([context.close(), other.close()]).then(() => undefined))
      await site.signIn(context, ADMIN)
      await walk(site, { page: await context.newPage(), other, login, isScripted: javaScriptEnabled })
    })
  }
  await t.test('in German, no wider than a small screen', async (t) => {
    const context = await browser.newContext({ viewport: { width: 360, height: 700 }, locale: 'de-DE' })
    t.after(() => context.close())
    await germanPages(t, site, context)
  })
})

interface Walk {
  readonly page: Page
  readonly other: BrowserContext
  readonly login: string
  readonly isScripted: boolean
}

async function walk({ origin, signIn }: SeededSite, { page, other, login, isScripted }: Walk): Promise<void> {
  const said = (text: string | RegExp): Promise<void> => page.locator('[role=status]', { hasText: text }).waitFor()
  const press = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click()
  const fill = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, value] of Object.entries(fields))
      await page.locator(`form[method=post] [name=${name}]`).fill(value)
  }
  const open = async (path: string): Promise<void> => void (await page.goto(`${origin}${CONSOLE}/${path}`))

  await open('users')
  await page.getByRole('link', { name: 'New user' }).click()
  await fill({ login: 'Not a login', email: `${login}@example.com` })
  await press('Make the account')
  await page.locator('#login-error').waitFor()
  assert.equal(await page.locator('[name=email]').inputValue(), `${login}@example.com`)
  await fill({ login })
  await press('Make the account')
  await said('The account is made')
  await press('Make a link for a new password')
  const link = await page.locator('#link').innerText()
  assert.equal(await page.getByRole('button', { name: 'Copy the link' }).isVisible(), isScripted)
  await choosePassword(other, link)

  await open(`users/${login}`)
  await page.locator('select[name=role]').selectOption('contractor')
  await press('Give')
  await said('The role is given')
  await press('Take the role contractor')
  await said('The role is taken')
  await page.getByRole('link', { name: `Grants of ${login}` }).click()
  await page.locator('form[method=post] select[name=role]').selectOption('staff')
  await fill({ reason: 'A <b>night</b> on call' })
  await press(/^Grant$/)
  await said('The role is granted')
  await page.getByText('A <b>night</b> on call').first().waitFor()

  await signIn(other, login)
  await open(`sessions?login=${login}`)
  await press(`End this sign-in of ${login}`)
  await said('The sign-in has ended')
  await page.getByText('Nobody is signed in').waitFor()
  const out = await other.newPage()
  await out.goto(`${origin}/.postern/account`)
  assert.match(out.url(), /\/login/)

  await open(`users/${login}`)
  await press('Disable the account')
  await said('The account is disabled')
  await press('Enable the account')
  await said('The account is enabled')
  await fill({ confirm: 'somebody' })
  await press('Delete the account')
  await page.locator('#confirm-error').waitFor()
  await fill({ confirm: login })
  await press('Delete the account')
  await said('The account is deleted')
  await open(`users/${login}`)
  assert.equal(await page.locator('h1').innerText(), 'Page not found')

  await open('invitations')
  await fill({ email: `${login}.invited@example.com` })
  await press('Invite')
  assert.match(await page.locator('#link').innerText(), /\/\.postern\/invite\//)
  await open('invitations')
  await press(`Take back the invitation of ${login}.invited@example.com`)
  await said('The invitation is taken back')
}

async function choosePassword(context: BrowserContext, link: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(link)
  await page.locator('[name=password]').fill(PASSWORD)
  await page.locator('[name=password]').press('Enter')
  await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
  await page.close()
}

async function germanPages(t: TestContext, { origin, signIn }: SeededSite, context: BrowserContext): Promise<void> {
  await signIn(context, ADMIN)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  for (const path of LISTS) {
    await page.goto(`${origin}${CONSOLE}/${path}`)
    assert.equal(await page.locator('html').getAttribute('lang'), 'de', path)
    assert.equal(await page.evaluate(OVERFLOW), 0, path)
    const folder = process.env['POSTERN_TEST_PICTURES']
    if (folder !== undefined)
      await page.screenshot({ path: `${folder}/de-${path.replace('/', '-')}.png`, fullPage: true })
  }
  t.diagnostic(`${LISTS.length} pages`)
  assert.deepEqual(complaints, [])
}
