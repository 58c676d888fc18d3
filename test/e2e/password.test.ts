import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { PASSWORD } from '../support/e2e.ts'
import { startPostern } from '../support/postern-process.ts'

const NEXT = 'three quiet herons by the lake'

test('a password is changed in a real browser, with a meter where scripts run', { timeout: 120_000 }, async (t) => {
  const postern = await startPostern(t, {})
  const origin = `http://localhost:${postern.env['POSTERN_LISTEN']?.split(':')[1]}`
  const browser = await launchChromium(t, { hosts: {} })
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(readFileSync(join(postern.dataDir, 'first-run-link.txt'), 'utf8').trim())
  await fill(page, { Login: 'anna', 'E-mail': 'anna@example.com', Name: 'Anna', Password: PASSWORD })
  await page.getByRole('button', { name: 'Create the account' }).click()
  await page.waitForURL(`${origin}/`)
  const change = `${origin}/.postern/account/password`

  await t.test('the meter says in words how strong it is, and hides when there is nothing to say', async () => {
    await page.goto(change)
    const meter = page.locator('#strength')
    assert.equal(await meter.isVisible(), false)
    assert.equal(await page.locator('input:visible').count(), 2)
    await page.getByLabel('New password').fill('unbelievable')
    await meter.getByText('Guessed at once').waitFor()
    await page.getByLabel('New password').fill(NEXT)
    await meter.getByText('Very good').waitFor()
    assert.equal(await meter.locator('meter').getAttribute('value'), '4')
    const folder = process.env['POSTERN_SCREENSHOTS']
    if (folder !== undefined) await page.screenshot({ path: join(folder, 'password-meter.png'), fullPage: true })
    await page.getByLabel('New password').fill('')
    await meter.waitFor({ state: 'hidden' })
  })

  await t.test('the current one and a new one that is fine change it, and this browser stays signed in', async () => {
    await fill(page, { 'Current password': PASSWORD, 'New password': 'unbelievable' })
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('guessed first').waitFor()
    await fill(page, { 'Current password': PASSWORD, 'New password': NEXT })
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor()
    await page.goto(change)
    await page.getByRole('heading', { name: 'Change your password' }).waitFor()
    assert.deepEqual(
      complaints.filter((text) => !text.includes('400')),
      [],
    )
  })

  await t.test('without JavaScript it works all the same', async () => {
    const state = await page.context().storageState()
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: state })
    t.after(() => context.close())
    const plain = await context.newPage()
    await plain.goto(change)
    await fill(plain, { 'Current password': NEXT, 'New password': `${PASSWORD} once more` })
    await plain.getByRole('button', { name: 'Change the password' }).click()
    await plain.getByRole('heading', { name: 'Your password is changed' }).waitFor()
  })
})

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}
