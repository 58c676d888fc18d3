import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp, PASSWORD } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { freePort } from '../support/ports.ts'
import { IS_LONG } from '../support/long.ts'

for (const javaScriptEnabled of IS_LONG ? [true, false] : [false]) {
  const how = javaScriptEnabled ? 'with JavaScript, and copied' : 'without JavaScript'
  test(`a token is made and revoked in a real browser ${how}`, { timeout: 60_000 }, async (t) => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const app = await openTestApp(t, { env: { POSTERN_PUBLIC_URL: origin } })
    await app.portal.listen({ host: '127.0.0.1', port })
    await app.addUser('alice')
    const browser = await launchChromium(t, { hosts: {} })
    const permissions = ['clipboard-read', 'clipboard-write']
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled, permissions })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    await page.goto(`${origin}/login`)
    await page.fill('[name=username]', 'alice')
    await page.fill('[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${origin}/`)
    await page.goto(`${origin}/account/api-tokens`)
    await page.fill('#name', 'backup')
    await page.click('main summary')
    await page.fill('#paths', '/api/**')
    await page.click('text=Make the token')
    const token = (await page.textContent('#token')) ?? ''
    assert.match(token, /^pst_[\w-]{56}$/)
    const copy = page.locator('button[data-copy]')
    assert.equal(await copy.isVisible(), javaScriptEnabled)
    if (javaScriptEnabled) {
      await copy.click()
      await page.waitForSelector('button:text-is("Copied")')
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), token)
    }
    await page.click('text=I have kept it')
    assert.equal((await page.content()).includes(token), false)
    assert.deepEqual(await page.locator('section h2').allTextContents(), ['backup'])
    await page.click('text=Revoke')
    assert.deepEqual(await page.locator('section h2').allTextContents(), [])
    assert.deepEqual(complaints, [])
  })
}
