import assert from 'node:assert/strict'
import test from 'node:test'
import { LOOKS, accessibilityFindings, showAs } from '../support/axe.ts'
import { launchChromium } from '../support/chromium.ts'
import { IS_LONG } from '../support/long.ts'
import { startSampleSite } from '../support/sample-site.ts'
import { SAMPLE_PAGES } from '../web/sample-pages.ts'

/** The pages as they really are stand in `accessibility.test.ts`, so this is for the long suites. */
const skip = !IS_LONG

test('pages in every state are open to everybody', { timeout: 300_000, skip }, async (t) => {
  const { origin } = await startSampleSite(t)
  const page = await (await launchChromium(t, { hosts: {} })).newPage()
  const findings: string[] = []
  for (const name of Object.keys(SAMPLE_PAGES)) {
    await page.goto(`${origin}/${name}`)
    for (const look of LOOKS) {
      await showAs(page, look)
      const found = await accessibilityFindings(page)
      findings.push(...found.map((text) => `${name} ${look.colorScheme} ${look.width}: ${text}`))
    }
  }
  assert.deepEqual(findings, [])
})
