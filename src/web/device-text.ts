import { deviceParts } from '../lib/device.ts'
import type { Words } from '../words/words.ts'

/** What a person would call the browser, such as `Firefox on Windows`, from its user agent; a guess, never a proof. */
export function deviceText(words: Words, userAgent: string): string {
  const { browser, system } = deviceParts(userAgent)
  if (system === null) return browser ?? words.say('device.unknown')
  return words.say('device.both', { browser: browser ?? words.say('device.unknown_browser'), system })
}
