import type { Target } from '../lib/target.ts'
import type { PathBytes } from '../lib/path-text.ts'
import { pathText } from '../lib/path-text.ts'
import { PATH_FOLDS } from './path-folds.ts'
import type { PathFold } from './path-folds.ts'

/** More readings of one path are refused (DESIGN 4.4): four things that servers read differently make as many. */
export const MAX_READINGS = 16

/** As many folds that change a path make more readings than that, whatever they are: nothing more need be tried. */
const MAX_DIFFERENCES = Math.log2(MAX_READINGS)

const DOT_SEGMENT = /\/\.{1,2}(?=\/|$)/g

/** What an escape may not turn out to be, however often it is decoded: a control character, or no character. */
const NEVER = /[\p{Cc}\ufffd]/u

/** The same where a byte is a character: half of what UTF-8 is made of looks like a control character there. */
const NEVER_OF_BYTES = /(?![\x80-\x9f])[\p{Cc}\ufffd]/u

/**
 * Every plausible reading of a path, what was sent first, or null where there are too many or one can't be. The list
 * is closed: what a fold of `PATH_FOLDS` makes of a reading is a reading, so that no path is judged more mildly than
 * what any sequence of them makes of it.
 */
export function readingsOf(
  { path, plain, utf8 }: Target,
  bytes: PathBytes,
  folds: readonly PathFold[] = PATH_FOLDS,
): readonly string[] | null {
  if (plain) return [path]
  const readings = utf8 ? [pathText(path)] : []
  if (bytes === 'latin1' && !readings.includes(pathText(path, 'latin1'))) readings.push(pathText(path, 'latin1'))
  const never = bytes === 'latin1' ? NEVER_OF_BYTES : NEVER
  const isReadable = (reading: string): boolean => !never.test(reading) && !hasSeveralDotSegments(reading)
  // Grows while it is walked.
  for (const reading of readings) {
    const folded = isReadable(reading) ? foldingsOf(reading, folds) : null
    if (folded === null) return null
    for (const next of folded) if (!readings.includes(next)) readings.push(next)
    if (readings.length > MAX_READINGS) return null
  }
  return readings
}

/** In `/a/%2e%2e/../b` one takes the other away to servers that decode late; browsers send none at all. */
function hasSeveralDotSegments(text: string): boolean {
  if (!text.includes('/.')) return false
  let found = 0
  for (const _ of text.matchAll(DOT_SEGMENT)) if (++found > 1) return true
  return false
}

function foldingsOf(text: string, folds: readonly PathFold[]): readonly string[] | null {
  const folded = folds.map(({ fold }) => fold(text)).filter((other) => other !== text)
  return folded.length > MAX_DIFFERENCES ? null : folded
}
