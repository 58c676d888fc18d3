import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { IS_LONG } from './long.ts'

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const RUN = `axe
  .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })
  .then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => id + ': ' + html + ' ' + (any[0]?.message ?? ''))))`

const FEW_LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
] as const
const OTHER_LOOKS = [
  { colorScheme: 'light', width: 360 },
  { colorScheme: 'dark', width: 1280 },
] as const

/** Both colour schemes, each on a phone and on a desk. */
export const ALL_LOOKS = [...FEW_LOOKS, ...OTHER_LOOKS] as const

/** Those that tests look at: colours don't depend on the width, so two show nearly all. */
export const LOOKS: readonly (typeof ALL_LOOKS)[number][] = IS_LONG ? ALL_LOOKS : FEW_LOOKS

/** Shows the page that is open as one of `LOOKS`. */
export async function showAs(page: Page, { colorScheme, width }: (typeof LOOKS)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.setViewportSize({ width, height: 800 })
}

/** What breaks WCAG 2.2 AA on the page that is open, as far as a program can tell: rule and markup of each. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate<string[]>(RUN)
}
