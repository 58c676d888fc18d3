import assert from 'node:assert/strict'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { LOOKS, accessibilityFindings, showAs } from '../support/axe.ts'
import { launchChromium } from '../support/chromium.ts'
import { crawl } from '../support/crawl.ts'
import { ADMIN, MEMBER, startSeededSite } from '../support/seeded-site.ts'
import { get, MOST_BYTES, weightOf } from './page-weight.ts'

const OVERFLOW = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)'

test('every page that links lead to is open to everybody', { timeout: 300_000 }, async (t) => {
  const site = await startSeededSite(t)
  const browser = await launchChromium(t, { hosts: {} })

  for (const login of [ADMIN, MEMBER]) {
    await t.test(`as ${login}`, async (t) => {
      const context = await browser.newContext()
      t.after(() => context.close())
      await site.signIn(context, login)
      const page = await context.newPage()
      const complaints = complaintsOf(page)
      const findings: string[] = []
      const weights = new Map<string, number>()
      const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
      const found = await crawl(page, {
        origin: site.origin,
        from: '/.postern/',
        visit: async ({ path }) => {
          findings.push(...(await lookAt(page, path)))
          weights.set(path, await weightOf(site.origin, path, cookie))
        },
      })
      t.diagnostic(`${found.length} pages`)
      const broken = found.filter(({ status }) => status !== 200)
      await t.test('every link leads to a page', () => {
        assert.deepEqual(
          broken.map(({ status, path }) => `${status} ${path}`),
          [],
        )
      })
      await t.test('each with all it loads weighs at most 60 kB', (t) => {
        const [heaviest = ['', 0]] = [...weights].toSorted(([, a], [, b]) => b - a)
        t.diagnostic(`${weights.size} pages; the heaviest is ${heaviest[0]} with ${heaviest[1]} bytes`)
        for (const [path, bytes] of weights) assert.ok(bytes <= MOST_BYTES, `${path}: ${bytes}`)
      })
      assert.deepEqual(findings, [])
      assert.deepEqual(complaints, [])
    })
  }

  await t.test(
    'what they load comes compressed and may be kept for ever; they hold tokens, and come as they are',
    async () => {
      const page = await get(`${site.origin}/.postern/login`, '')
      const [, style = ''] = /rel="stylesheet" href="([^"]+)"/.exec(page.body.toString()) ?? []
      assert.equal(page.headers['content-encoding'], undefined)
      const { headers } = await get(site.origin + style, '')
      assert.equal(headers['content-encoding'], 'br')
      assert.equal(headers.vary, 'accept-encoding')
      assert.match(headers['cache-control'] ?? '', /immutable/)
    },
  )
})

async function lookAt(page: Page, path: string): Promise<string[]> {
  const findings: string[] = []
  for (const look of LOOKS) {
    await showAs(page, look)
    const overflow = await page.evaluate<number>(OVERFLOW)
    const found = [...(await accessibilityFindings(page)), ...(overflow === 0 ? [] : [`overflows by ${overflow} px`])]
    findings.push(...found.map((text) => `${path} ${look.colorScheme} ${look.width}: ${text}`))
  }
  return findings
}

// What the browser says of pages: violations of their policy for content, files that are missing, scripts that fail.
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${page.url()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  return complaints
}
