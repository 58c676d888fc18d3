import { commonPattern, coversPattern } from './authelia-region.ts'
import { expandAlternatives, folderOf, readHead } from './authelia-regex.ts'
import type { Head } from './authelia-regex.ts'
import { ANY_SEGMENT } from './pattern.ts'
import type { Pattern } from './pattern.ts'

/**
 * What one or several of Authelia's resources match, told in our patterns: for every query, `certain`; for some or
 * perhaps, `possible`; and the paths inside these that are to be taken out first.
 */
export interface PathCriteria {
  readonly certain: readonly Pattern[]
  /** Every path that may match is among these; the certain ones may be left out. */
  readonly possible: readonly Pattern[]
  readonly edges: readonly PathEdge[]
}

/** One path inside a pattern that doesn't match, or may. */
export interface PathEdge {
  readonly pattern: Pattern
  readonly mayMatch: boolean
}

/** A regular expression that was read, and what to write in its place where patterns don't say the same. */
export interface Resource {
  readonly criteria: PathCriteria
  readonly advice: string | null
}

/** What an expression without criteria matches. */
export const EVERY_PATH: PathCriteria = { certain: [{ segments: [], rest: true }], possible: [], edges: [] }

const PERHAPS_EVERY_PATH: PathCriteria = { certain: [], possible: EVERY_PATH.certain, edges: [] }

/** How an expression ends, for a path p before it: the place in the table is where a reader looks first. */
type Ending =
  | 'below'
  | 'here'
  | 'here_or_slash'
  | 'inside'
  | 'inside_or_bare'
  | 'deeper'
  | 'prefix'
  | 'bare'
  | 'bare_or_slash'

const ENDINGS: readonly (readonly [text: string, ending: Ending])[] = [
  ['([/?].*)?$', 'below'],
  ['(/.*|\\?.*)?$', 'below'],
  ['(\\?.*|/.*)?$', 'below'],
  ['/?([?].*)?$', 'here_or_slash'],
  ['/?(\\?.*)?$', 'here_or_slash'],
  ['([?].*)?$', 'here'],
  ['(\\?.*)?$', 'here'],
  ['(/.*)?$', 'inside_or_bare'],
  ['(/|$)', 'inside_or_bare'],
  ['/.+$', 'deeper'],
  ['/.+', 'deeper'],
  ['/?.*$', 'prefix'],
  ['/?.*', 'prefix'],
  ['/.*$', 'inside'],
  ['/.*', 'inside'],
  ['.*$', 'prefix'],
  ['.*', 'prefix'],
  ['/?$', 'bare_or_slash'],
  ['$', 'bare'],
  ['/', 'inside'],
  ['', 'prefix'],
]

const SAY_THE_PATH = 'begin it with "^" and the path, such as "^/api([/?].*)?$" for /api and all below'

const ADVICE: Readonly<Record<Ending, string | null>> = {
  below: null,
  here: null,
  here_or_slash: null,
  inside: null,
  inside_or_bare: 'it leaves out the path itself where a query follows: end it with "([/?].*)?$"',
  deeper: 'it wants one character more: end it with "([/?].*)?$" for the folder and all below',
  prefix:
    'it takes longer names as well, such as /api2 for /api: end it with "([/?].*)?$" for the folder and all below',
  bare: 'it matches only while no query follows: end it with "(\\?.*)?$" for the path with any query',
  bare_or_slash: 'it matches only while no query follows: end it with "/?(\\?.*)?$" for the path with any query',
}

/**
 * Reads one of Authelia's regular expressions over path and query (4.27 and later). A path with an encoded `?` may
 * match beside these criteria: it is judged as cut there as well, which they allow for.
 */
export function readResource(source: string): Resource {
  const alternatives = expandAlternatives(source)
  if (alternatives === null) return { criteria: PERHAPS_EVERY_PATH, advice: SAY_THE_PATH }
  const read = alternatives.map(readAlternative)
  return {
    criteria: joinCriteria(read.map(({ criteria }) => criteria)),
    advice: read.find(({ advice }) => advice !== null)?.advice ?? null,
  }
}

/** What at least one of several criteria matches. */
export function joinCriteria(list: readonly PathCriteria[]): PathCriteria {
  const edges = list.flatMap((criteria) => {
    const others = list.filter((other) => other !== criteria)
    return criteria.edges.flatMap((edge) => joinEdge(edge, others))
  })
  return { certain: list.flatMap(({ certain }) => certain), possible: list.flatMap(({ possible }) => possible), edges }
}

/** An edge is gone where another expression matches it for certain. */
function joinEdge(edge: PathEdge, others: readonly PathCriteria[]): PathEdge[] {
  const { pattern } = edge
  const around = others.filter((other) => !other.edges.some((inner) => coversPattern(inner.pattern, pattern)))
  if (around.some(({ certain }) => certain.some((wide) => coversPattern(wide, pattern)))) return []
  const near = others.flatMap((other) => [...other.possible, ...(around.includes(other) ? other.certain : [])])
  return [{ pattern, mayMatch: edge.mayMatch || near.some((other) => commonPattern(other, pattern) !== null) }]
}

function readAlternative(source: string): Resource {
  if (['', '.*', '^', '^.*', '^.*$', '.*$', '^/', '^/.*', '^/.*$'].includes(source)) {
    return { criteria: EVERY_PATH, advice: null }
  }
  for (const [text, ending] of source.startsWith('^/') ? ENDINGS : []) {
    const head = source.endsWith(text) ? readHead(source.slice(1, source.length - text.length)) : null
    if (head !== null) return toResource(head, ending, folderOf(source))
  }
  return { criteria: { certain: [], possible: [folderOf(source)], edges: [] }, advice: SAY_THE_PATH }
}

function toResource(head: Head, ending: Ending, around: Pattern): Resource {
  const { certain = [], possible = [], edge = null } = criteriaOf(head.segments, ending)
  const cutShort = head.open.map((place) => ({ segments: head.segments.slice(0, place + 1), rest: false }))
  const isExact = head.exact && head.open.length === 0 && !head.loose
  const edges = edge === null ? [] : [{ pattern: edge, mayMatch: !isExact }]
  return {
    criteria: {
      certain: head.exact ? certain : [],
      possible: [...possible, ...cutShort, ...(head.exact ? [] : certain), ...(head.loose ? [around] : [])],
      edges,
    },
    advice: adviceFor(head, ending),
  }
}

function adviceFor(head: Head, ending: Ending): string | null {
  if (head.loose) return 'a "." in it stands for any character: write "\\." for a dot'
  if (head.exact && head.open.length === 0) return ADVICE[ending]
  return 'a part of it that varies matches other names than "*" does: name the paths one by one'
}

function criteriaOf(
  segments: readonly string[],
  ending: Ending,
): { certain?: Pattern[]; possible?: Pattern[]; edge?: Pattern | null } {
  const here = { segments, rest: false }
  const slash = { segments: [...segments, ''], rest: false }
  const below = { segments, rest: true }
  const deeper = { segments: [...segments, ANY_SEGMENT], rest: true }
  const isRoot = segments.length === 0
  switch (ending) {
    case 'below':
      return { certain: [below] }
    case 'here':
      return { certain: [isRoot ? slash : here] }
    case 'here_or_slash':
      return { certain: isRoot ? [slash] : [here, slash] }
    case 'inside':
      return { certain: [below], edge: isRoot ? null : here }
    case 'inside_or_bare':
      return { certain: [deeper, slash], possible: [below] }
    case 'deeper':
      return { certain: [deeper], possible: [below], edge: isRoot ? null : here }
    case 'prefix':
      return { certain: [below], possible: [{ segments: [...segments.slice(0, -1), ANY_SEGMENT], rest: true }] }
    case 'bare':
      return { possible: [isRoot ? slash : here] }
    case 'bare_or_slash':
      return { possible: [here, slash] }
  }
}
