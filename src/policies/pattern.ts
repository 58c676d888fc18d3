/**
 * A path pattern: literal segments, `*` for one whole segment that isn't empty. With `rest`, the folder that the
 * segments name and everything below.
 */
export interface Pattern {
  readonly segments: readonly string[]
  readonly rest: boolean
}

const PLAIN_SEGMENT = /^\.?[A-Za-z0-9_~@,-]+(?:\.[A-Za-z0-9_~@,-]+)*$/

/** Bounds how deep the index of an app can become. */
const MAX_PATTERN_LENGTH = 1024

/** Stands for one whole segment. */
export const ANY_SEGMENT = '*'

/** Reads a pattern of the policy file, or gives the sentence that says how to write it. */
export function readPattern(text: string): Pattern | string {
  if (!text.startsWith('/')) return 'a path begins with "/"'
  if (text.length > MAX_PATTERN_LENGTH) return `a path has at most ${MAX_PATTERN_LENGTH} characters`
  if (/[{}]/.test(text)) return 'placeholders such as {login} are not supported by this version of Postern yet'
  const segments = text.slice(1).split('/')
  const rest = segments.at(-1) === '**'
  if (rest) segments.pop()
  const mistake = segments.map((segment, index) => segmentMistake(segment, index === segments.length - 1 && !rest))
  return mistake.find((sentence) => sentence !== null) ?? { segments, rest }
}

/** The pattern as a server reads it that takes capital letters for small ones. */
export function foldCase(pattern: Pattern): Pattern {
  return { ...pattern, segments: pattern.segments.map((segment) => segment.toLowerCase()) }
}

/** The pattern as a server reads it that takes `/x/` and `/x` for the same. */
export function foldLastSlash(pattern: Pattern): Pattern {
  const { segments, rest } = pattern
  return segments.at(-1) === '' && !rest && segments.length > 1 ? { segments: segments.slice(0, -1), rest } : pattern
}

/** True for `/**`, which every path matches in whatever way it is read. */
export function isCatchAll(pattern: Pattern): boolean {
  return pattern.rest && pattern.segments.length === 0
}

function segmentMistake(segment: string, isLast: boolean): string | null {
  if (segment === ANY_SEGMENT || PLAIN_SEGMENT.test(segment)) return null
  if (segment === '') return isLast ? null : 'an empty segment, "//", never matches: write one "/"'
  if (segment === '**') return '"**" stands only at the end of a path: use "*" for one segment'
  if (segment.includes('*')) return `"*" stands for a whole segment: "${segment}" mixes it with other characters`
  return `"${segment}" has characters that a path can't have here: use letters, digits, "_", "~", "-" and single dots between them`
}
