import { pathText } from '../lib/path-text.ts'
import { foldByCapitals, foldFirstFormat, foldFormat, foldLetterCase, PATH_FOLDS } from './path-folds.ts'

/**
 * A path pattern: literal segments, `*` for one whole segment that isn't empty, segments with `{login}` for the
 * visitor's own. With `rest`, the folder that the segments name and everything below.
 */
export interface Pattern {
  readonly segments: readonly string[]
  readonly rest: boolean
}

/** Bounds how deep the index of an app can become. */
const MAX_PATTERN_LENGTH = 1024

/** What no fold can change. */
const PLAIN_SEGMENT = /^[a-z0-9_~-]+$/

/** Stands for one whole segment. */
export const ANY_SEGMENT = '*'

/** Stands for the visitor's login in a segment. */
export const LOGIN_PLACEHOLDER = '{login}'

/** Reads a pattern of the policy file, or gives the sentence that says how to write it. */
export function readPattern(text: string): Pattern | string {
  if (!text.startsWith('/')) return 'a path begins with "/"'
  if (text.length > MAX_PATTERN_LENGTH) return `a path has at most ${MAX_PATTERN_LENGTH} characters`
  if (/[?#]/.test(text)) return 'a path has no "?" or "#": for parameters there is "query"'
  const pattern = parsePattern(text)
  const { segments, rest } = pattern
  const mistake = segments.map((segment, index) => segmentMistake(segment, index === segments.length - 1 && !rest))
  return mistake.find((sentence) => sentence !== null) ?? loginMistake(segments) ?? pattern
}

/** A pattern that `readPattern` has found right once. */
export function parsePattern(text: string): Pattern {
  const segments = pathText(text).slice(1).split('/')
  const rest = segments.at(-1) === '**'
  return { segments: rest ? segments.slice(0, -1) : segments, rest }
}

/** The pattern as a server reads it that takes capital letters for small ones; the same where it has none. */
export function foldCase(pattern: Pattern): Pattern {
  return foldSegments(pattern, foldLetterCase)
}

/** The same by way of capital letters. */
export function foldCaseByCapitals(pattern: Pattern): Pattern {
  return foldSegments(pattern, foldByCapitals)
}

function foldSegments(pattern: Pattern, fold: (segment: string) => string): Pattern {
  const segments = pattern.segments.map(fold)
  return segments.every((segment, place) => segment === pattern.segments[place]) ? pattern : { ...pattern, segments }
}

/** The pattern as a server reads it that takes `/x/` and `/x` for the same. */
export function withoutLastSlash(pattern: Pattern): Pattern {
  const { segments, rest } = pattern
  return segments.at(-1) === '' && !rest && segments.length > 1 ? { segments: segments.slice(0, -1), rest } : pattern
}

/** The pattern as a server reads it that takes `/x.json` for `/x`. */
export function withoutFormat(pattern: Pattern): Pattern {
  return foldLast(pattern, foldFormat)
}

/** The same for what takes `/x.a.b` for `/x`. */
export function withoutFirstFormat(pattern: Pattern): Pattern {
  return foldLast(pattern, foldFirstFormat)
}

function foldLast(pattern: Pattern, fold: (path: string) => string): Pattern {
  const { segments, rest } = pattern
  const last = segments.at(-1)
  const folded = rest || last === undefined ? last : fold(`/${last}`).slice(1)
  return folded === last || folded === undefined ? pattern : { segments: [...segments.slice(0, -1), folded], rest }
}

/** True for `/**`, which every path matches in whatever way it is read. */
export function isCatchAll(pattern: Pattern): boolean {
  return pattern.rest && pattern.segments.length === 0
}

/** True where the pattern is another one for each visitor. */
export function isPersonal(pattern: Pattern): boolean {
  return pattern.segments.some((segment) => segment.includes(LOGIN_PLACEHOLDER))
}

function segmentMistake(segment: string, isLast: boolean): string | null {
  if (segment === ANY_SEGMENT || PLAIN_SEGMENT.test(segment)) return null
  if (segment === '') return isLast ? null : 'an empty segment, "//", never matches: write one "/"'
  if (segment === '**') return '"**" stands only at the end of a path: use "*" for one segment'
  if (segment.includes('*')) return `"*" stands for a whole segment: "${segment}" mixes it with other characters`
  if (/[\p{Cc}\ufffd]/u.test(segment)) return 'control characters and bytes that are no UTF-8 never reach an app'
  return readManyWays(segment)
}

/** A pattern that servers read in several ways would let an app see more than was meant. */
function readManyWays(segment: string): string | null {
  const path = `/${segment}`
  const fold = PATH_FOLDS.find(({ fold }) => fold(path) !== path)
  if (fold === undefined) return null
  return `"${segment}" is not the same to all servers (${fold.name}): use "*" for that segment, or a shorter path with "**"`
}

function loginMistake(segments: readonly string[]): string | null {
  const braced = segments.filter((segment) => /[{}]/.test(segment))
  const [first] = braced
  if (first === undefined) return null
  if (
    braced.length === 1 &&
    first.split(LOGIN_PLACEHOLDER).length === 2 &&
    !/[{}]/.test(first.replace(LOGIN_PLACEHOLDER, ''))
  )
    return null
  return `"${first}" can't be used: braces are for one {login} in a path`
}
