import assert from 'node:assert/strict'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { crawl } from '../support/crawl.ts'
import { IS_LONG } from '../support/long.ts'
import { ADMIN, startSeededSite } from '../support/seeded-site.ts'
import { until } from '../support/until.ts'
import { IS_SETTLED } from '../web/in-page.ts'

/** What has the focus: its place among all that can have it, and whether that shows. */
interface Focus {
  /** -1 where nothing on the page has it. */
  readonly index: number
  readonly name: string
  readonly isSeen: boolean
  readonly hasRing: boolean
}

const MOST_STEPS = 200
const FOCUSABLE = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter((element) => !element.disabled && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
    && !(element.type === 'radio' && !element.checked && document.querySelector('input:checked[name="' + element.name + '"]')))`
const FOCUS = `(() => {
  const element = document.activeElement
  const { top, left, width, height } = element.getBoundingClientRect()
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  return {
    index: ${FOCUSABLE}.indexOf(element),
    name: element.name || element.textContent.trim() || element.tagName,
    isSeen: width > 0 && height > 0 && top + height > 0 && left + width > 0 && top < innerHeight && left < innerWidth,
    hasRing: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
  }
})()`

test('the keyboard alone is enough', { skip: !IS_LONG && 'in the long suites', timeout: 300_000 }, async (t) => {
  const site = await startSeededSite(t)
  const browser = await launchChromium(t, { hosts: {} })
  const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } })
  await site.signIn(context, ADMIN)
  const page = await context.newPage()

  await t.test('Tab goes through all of every page in its order, is always seen, and is caught nowhere', async () => {
    const findings: string[] = []
    await crawl(page, {
      origin: site.origin,
      from: '/.postern/',
      visit: async ({ path }) => void findings.push(...(await walk(page, path))),
    })
    assert.deepEqual(findings, [])
  })

  await t.test('the first Tab offers to skip the navigation, and Enter does', async () => {
    await page.goto(`${site.origin}/.postern/account`)
    await page.keyboard.press('Tab')
    assert.equal((await page.evaluate<Focus>(FOCUS)).name, 'Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(`document.querySelector('main').contains(document.activeElement)`), true)
  })

  await t.test('on a phone Space opens the menu, and Enter goes where it leads', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(`${site.origin}/.postern/account`)
    await page.locator('nav summary').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Tab')
    const { name } = await page.evaluate<Focus>(FOCUS)
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.pathname === '/.postern/')
    assert.notEqual(name, '')
  })
})

async function walk(page: Page, path: string): Promise<string[]> {
  const count = await page.evaluate<number>(`${FOCUSABLE}.length`)
  const findings: string[] = []
  await until('the first focus', 10_000, () => page.evaluate<boolean>(IS_SETTLED))
  // Some pages give a field the focus from the start; there and back shows that Shift+Tab leads to what comes first.
  await page.evaluate(`${FOCUSABLE}[0].focus()`)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Shift+Tab')
  for (let step = 0; step < Math.min(count, MOST_STEPS); step++) {
    if (step > 0) await page.keyboard.press('Tab')
    const { index, name, isSeen, hasRing } = await page.evaluate<Focus>(FOCUS)
    if (index !== step) return [...findings, `${path}: step ${step} of ${count} is ${index} (${name})`]
    if (!isSeen) findings.push(`${path}: ${name} is out of sight`)
    if (!hasRing) findings.push(`${path}: ${name} shows no focus`)
  }
  return findings
}
