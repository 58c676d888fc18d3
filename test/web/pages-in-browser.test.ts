import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import test from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { isCrossSite } from '../../src/web/csrf.ts'
import { html, toText } from '../../src/web/html.ts'
import { IS_LONG } from '../support/long.ts'
import { startSampleSite } from '../support/sample-site.ts'
import { until } from '../support/until.ts'
import { EDGE_CONTRASTS, FOCUSED, IS_SETTLED, OVERFLOW, REFERENCES, TARGET_SIZES, TEXT_CONTRASTS } from './in-page.ts'
import { SAMPLE_PAGES } from './sample-pages.ts'

interface Site {
  readonly origin: string
  readonly browser: Browser
  readonly posts: readonly IncomingMessage[]
}

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
const NAMES = Object.keys(SAMPLE_PAGES)

test('pages in a real browser', async (t) => {
  const site = await openSite(t)

  for (const colorScheme of IS_LONG ? (['light', 'dark'] as const) : (['dark'] as const)) {
    await t.test(`every page is complete, readable and reachable in ${colorScheme}`, async (t) => {
      const page = await site.browser.newPage({
        colorScheme,
        reducedMotion: 'reduce',
        viewport: { width: 360, height: 740 },
      })
      t.after(() => page.close())
      const complaints = complaintsOf(page)
      for (const name of NAMES) {
        await page.goto(`${site.origin}/${name}`)
        await assertReadable(page, name)
        await assertReachable(page, name)
      }
      assert.deepEqual(complaints, [])
    })
  }

  await t.test('buttons stay readable under the pointer', async (t) => {
    const page = await site.browser.newPage({ colorScheme: 'dark', reducedMotion: 'reduce' })
    t.after(() => page.close())
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(`${site.origin}/sign-out`)
      for (const button of await page.locator('.button').all()) {
        await button.hover()
        for (const [text, ratio] of await pairs(page, TEXT_CONTRASTS)) assert.ok(ratio >= 4.5, `${text}: ${ratio}`)
      }
    }
  })

  await t.test('the keyboard goes through the sign-in form in the order that is seen', async (t) => {
    const page = await open(t, site, 'sign-in')
    assert.deepEqual(await focusOrder(page, 2), ['username', 'password', 'Sign in'])
  })

  const firstFocus = { 'sign-in-wrong': 'password', 'sign-in-busy': 'password', 'first-run-faulty': 'username' }
  for (const [name, field] of Object.entries(firstFocus)) {
    await t.test(`${name} has its focus on ${field}`, async (t) => {
      assert.deepEqual(await focusOrder(await open(t, site, name), 0), [field])
    })
  }

  await t.test('a form that is sent with the enter key passes the cross-site check', async (t) => {
    const page = await open(t, site, 'sign-in')
    await page.keyboard.type('alice')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/.postern/login')
    const { origin, 'sec-fetch-site': secFetchSite } = site.posts.at(-1)?.headers ?? {}
    assert.equal(origin, site.origin)
    assert.equal(isCrossSite({ origin, secFetchSite: secFetchSite?.toString() }, site.origin), false)
  })

  await t.test('the browser reads every text back as it was written', async (t) => {
    const page = await open(t, site, 'error')
    const unit = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '`',
      '&',
      '&amp',
      '&#',
      ';',
      '/',
      '!--',
      'script',
      'a',
      ' ',
      '\r\n',
      '\t',
      'ü',
      '😀',
    )
    const texts = fc.sample(
      fc.array(unit, { maxLength: 8 }).map((units) => units.join('')),
      2000,
    )
    const markup = toText(html`${texts.map((text) => html`<p title="${text}">${text}</p>`)}`)
    const read = `[...new DOMParser().parseFromString(${JSON.stringify(markup)}, 'text/html').querySelectorAll('p')]`
    const found: unknown = await page.evaluate(`${read}.map((p) => [p.title, p.textContent])`)
    assert.deepEqual(
      found,
      texts.map((text) => [text, text]),
    )
  })
})

async function assertReadable(page: Page, name: string): Promise<void> {
  const texts = await pairs(page, TEXT_CONTRASTS)
  assert.ok(texts.length >= 4, `${name} shows its texts`)
  for (const [text, ratio] of texts) assert.ok(ratio >= 4.5, `${name}: ${text} has ${ratio}`)
  for (const [control, ratio] of await pairs(page, EDGE_CONTRASTS))
    assert.ok(ratio >= 3, `${name}: ${control} has ${ratio}`)
  assert.equal(await page.locator('h1').count(), 1)
  assert.equal(await page.locator('main').count(), 1)
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  assert.match(await page.title(), /^.+ · Postern$/)
}

async function assertReachable(page: Page, name: string): Promise<void> {
  const targets = await page.evaluate<[string, number, number][]>(TARGET_SIZES)
  for (const [target, width, height] of targets) assert.ok(width >= 44 && height >= 44, `${name}: ${target}`)
  const references = await page.evaluate<(string | null)[]>(REFERENCES)
  assert.ok(!references.includes(null), `${name}: a label or description leads nowhere`)
  // 320 px is what 1280 px become at 400 % zoom (WCAG 1.4.10).
  for (const width of [320, 360, 1280]) {
    await page.setViewportSize({ width, height: 740 })
    assert.equal(await page.evaluate(OVERFLOW), 0, `${name} at ${width} px`)
  }
}

function pairs(page: Page, script: string): Promise<[string, number][]> {
  return page.evaluate<[string, number][]>(script)
}

async function focusOrder(page: Page, steps: number): Promise<unknown[]> {
  const order: unknown[] = [await page.evaluate(FOCUSED)]
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab')
    order.push(await page.evaluate(FOCUSED))
  }
  return order
}

// What the browser says of a page: violations of its policy, files that are missing, scripts that fail.
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    if (response.status() !== 200) complaints.push(`${response.status()} ${response.url()}`)
  })
  return complaints
}

async function open(t: TestContext, site: Site, name: string): Promise<Page> {
  const page = await site.browser.newPage()
  t.after(() => page.close())
  await page.goto(`${site.origin}/${name}`)
  await until('the first focus', 10_000, () => page.evaluate<boolean>(IS_SETTLED))
  return page
}

async function openSite(t: TestContext): Promise<Site> {
  const { origin, posts } = await startSampleSite(t)
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })
  t.after(() => browser.close())
  return { origin, browser, posts }
}
