import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { before, suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openTestApp, PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { launchChromium } from '../support/chromium.ts'
import { IS_LONG } from '../support/long.ts'
import { freePort } from '../support/ports.ts'
import { OVERFLOW } from '../web/in-page.ts'

const URL_OF_OPEN = 'https://app.example.com/public/x'
/** Where pictures go, for whoever wants to look at them. */
const PICTURES = process.env['POSTERN_TEST_PICTURES']

suite('the policy and the record in a real browser', { timeout: 180_000 }, () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let origin: string
  let browser: Browser
  before(async () => {
    const port = await freePort()
    origin = `http://localhost:${port}`
    app = await openTestApp(cleanup, { env: { POSTERN_PUBLIC_URL: origin, POSTERN_RATE_LIMITS: 'off' } })
    await app.portal.listen({ host: '127.0.0.1', port })
    await app.addUser('root', { roles: ['postern-admin'] })
    browser = await launchChromium(cleanup as TestContext, { hosts: {} })
    if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true })
  })

  const open = async (options: { javaScriptEnabled: boolean; locale: string; width: number }) => {
    const viewport = { width: options.width, height: 740 }
    const context = await browser.newContext({ ...options, viewport })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${origin}/login`)
    await page.fill('[name=username]', 'root')
    await page.fill('[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${origin}/`)
    return { page, complaints }
  }
  const look = async (page: Page, name: string): Promise<void> => {
    assert.equal(await page.evaluate(OVERFLOW), 0, name)
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true })
  }
  const explained = async (page: Page): Promise<string> => {
    await page.goto(`${origin}/admin/policy/explain`)
    await page.fill('#url', URL_OF_OPEN)
    await page.click('main button[type=submit]')
    return (await page.textContent('.facts .badge')) ?? ''
  }

  for (const javaScriptEnabled of IS_LONG ? [true, false] : [false])
    test(`a mistake is mended, tried, applied, explained and rolled back ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
      const { page, complaints } = await open({ javaScriptEnabled, locale: 'en-GB', width: 360 })
      assert.equal(await explained(page), 'Allowed')
      const before = app.context.policies.version
      await page.goto(`${origin}/admin/policy/try`)
      const source = await page.inputValue('#source')
      await page.fill('#source', source.replace('/public/**, allow', '/public/**, alow'))
      await page.click('text=Try >> nth=-1')
      assert.match((await page.textContent('#mistakes + p')) ?? '', /wrong with this draft/)
      assert.equal(await page.inputValue('#source'), source.replace('/public/**, allow', '/public/**, alow'))
      await look(page, `mistake-${javaScriptEnabled}`)
      await page.fill(
        '#source',
        source.replace('{ path: /public/**, allow: anyone }', '{ path: /public/**, deny: true }'),
      )
      await page.click('button:text-is("Try on recorded decisions")')
      assert.match((await page.textContent('#difference ~ * >> nth=1')) ?? '', /changed/)
      await look(page, `difference-${javaScriptEnabled}`)
      await page.fill('#reason', 'no longer public')
      await page.click('button:text-is("Apply")')
      await page.waitForURL(/policy_applied/)
      assert.match((await page.textContent('[role=status]')) ?? '', /in force/)
      await look(page, `version-${javaScriptEnabled}`)
      assert.equal(await explained(page), 'Forbidden')
      await look(page, `explain-${javaScriptEnabled}`)
      await page.goto(`${origin}/admin/policy/versions/${before}`)
      await page.fill('#reason', 'back again')
      await page.click('button:text-is("Roll back to this version")')
      await page.waitForURL(/policy_rolled_back/)
      assert.equal(await explained(page), 'Allowed')
      assert.deepEqual(complaints, [])
    })

  for (const [locale, width] of [
    ['de-DE', 360],
    ['de-DE', 1280],
    ['en-GB', 1280],
  ] as const)
    test(`each page fits ${width} pixels in ${locale}`, async () => {
      const { page, complaints } = await open({ javaScriptEnabled: true, locale, width })
      const odd = encodeURIComponent('https://app.example.com/admin/..%2fpublic;x/')
      const paths = [
        'policy',
        'policy/apps/app',
        'policy/versions',
        'policy/versions/1',
        'policy/try',
        `policy/explain?url=${odd}&user=root`,
        'matrix',
        'audit',
        'decisions',
      ]
      for (const path of paths) {
        await page.goto(`${origin}/admin/${path}`)
        await look(page, `${locale}-${width}-${path.replaceAll(/[/?].*$/g, '')}-${paths.indexOf(path)}`)
      }
      await page.goto(`${origin}/admin/audit`)
      await page.click('tbody a >> nth=0')
      await look(page, `${locale}-${width}-event`)
      assert.deepEqual(complaints, [])
    })
})
