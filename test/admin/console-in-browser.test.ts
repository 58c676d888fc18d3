import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordEvent } from '../../src/audit/events.ts'
import { openTestApp, PASSWORD } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { freePort } from '../support/ports.ts'

const PAGES = {
  '': 'Overview',
  '/system': 'Health',
  '/keys': 'Keys',
  '/snippets': 'Proxy snippets',
  '/notices': 'Maintenance notices',
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'and shows what happens while somebody looks' : 'without JavaScript'
  test(`the console works in a real browser ${how}`, { timeout: 90_000 }, async (t) => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const app = await openTestApp(t, { env: { POSTERN_PUBLIC_URL: origin } })
    await app.portal.listen({ host: '127.0.0.1', port })
    await app.addUser('root', { roles: ['postern-admin'] })
    const browser = await launchChromium(t, { hosts: {} })
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${origin}/login`)
    await page.fill('[name=username]', 'root')
    await page.fill('[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    for (const [path, title] of Object.entries(PAGES)) {
      await page.goto(`${origin}/admin${path}`)
      assert.equal(await page.textContent('h1'), title)
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      assert.equal(overflow, 0, path)
    }
    await page.selectOption('#app', 'team')
    await page.fill('#text', 'Closed on Monday')
    await page.click('main button[type=submit]')
    assert.match((await page.textContent('[role=status]')) ?? '', /The notice is set/)
    assert.match((await page.textContent('tbody')) ?? '', /Closed on Monday/)
    await page.goto(`${origin}/admin`)
    if (javaScriptEnabled) {
      await page.waitForSelector('html[data-live-state=open]')
      const told = page.waitForSelector('text=passkey_copy_suspected')
      await recordEvent(app.database, { type: 'passkey_copy_suspected', result: 'failure', actor: null })
      await recordEvent(app.database, { type: 'sign_in', result: 'failure', actor: null })
      await told
      assert.equal(await page.locator('h1').count(), 1)
      await app.context.sessions.endAllOf('root', 'revoked')
      await page.waitForURL(/\/login/)
    }
    assert.deepEqual(complaints, [])
  })
}
