import { createHash } from 'node:crypto'

/** From what is told first where one pretends to be another, as Edge does to be Chrome. */
const BROWSERS = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /(?:Chrome|CriOS|Chromium)\//],
  ['Safari', /\bSafari\//],
] as const
const SYSTEMS = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const

/** As much as is kept of one. */
const MAX_USER_AGENT = 512
const DIGEST_CHARACTERS = 16

/** What a person would call the browser, such as `Firefox on Windows`, from its user agent; a guess, never a proof. */
export function describeDevice(userAgent: string): string {
  const { browser, system } = deviceParts(userAgent)
  if (browser === null && system === null) return 'Unknown device'
  return system === null ? `${browser}` : `${browser ?? 'Unknown browser'} on ${system}`
}

/** The names of the browser and of the system that it runs on; null for those that aren't known. */
export function deviceParts(userAgent: string): { readonly browser: string | null; readonly system: string | null } {
  return { browser: nameOf(BROWSERS, userAgent), system: nameOf(SYSTEMS, userAgent) }
}

/** A short digest of what an update of browser or system leaves as it is, which two devices of one kind share. */
export function deviceOf(userAgent: string): string {
  return createHash('sha256').update(stablePart(userAgent)).digest('base64url').slice(0, DIGEST_CHARACTERS)
}

function nameOf(table: readonly (readonly [name: string, pattern: RegExp])[], userAgent: string): string | null {
  return table.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? null
}

/** All but the numbers. */
function stablePart(userAgent: string): string {
  return userAgent.slice(0, MAX_USER_AGENT).replaceAll(/[\d._]+/g, '')
}
