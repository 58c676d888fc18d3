import { ANY_SEGMENT, readPattern } from './pattern.ts'
import type { Pattern } from './pattern.ts'

/** A path of literal segments and `*`, and what its wildcards leave open. */
export interface Head {
  readonly segments: readonly string[]
  /** False where a wildcard stands for less than `*` does. */
  readonly exact: boolean
  /** Places of wildcards that may run on into the query. */
  readonly open: readonly number[]
  /** True where a bare "." stands for any character, not for a dot alone. */
  readonly loose: boolean
}

/** More alternatives, or characters, than anybody writes by hand. */
const MAX_ALTERNATIVES = 64
const MAX_LENGTH = 2_000

/** Wildcards for a whole segment: just that, or able to run on into the query, or for some names only. */
const WILDCARDS: readonly (readonly [source: RegExp, kind: 'whole' | 'open' | 'narrow'])[] = [
  [/^\[\^\/\?\]\+$/, 'whole'],
  [/^\[\^\/\]\+$/, 'open'],
  [/^(?:\\[dw]|\[[\w-]+\])[+]$/, 'narrow'],
]

/**
 * The alternatives of `|`, at the top and in groups that stand exactly once, with spellings that
 * mean the same brought to one. Null where there are too many.
 */
export function expandAlternatives(source: string): string[] | null {
  if (source.length > MAX_LENGTH) return null
  const done: string[] = []
  const open = splitTop(normalize(source))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = findGroup(next)
    if (group === null) done.push(next)
    else open.push(...splitTop(group.inside).map((text) => group.before + text + group.after))
    if (done.length + open.length > MAX_ALTERNATIVES) return null
  }
  return done
}

/** Reads text of literals and of wildcards for whole segments; null for anything else. */
export function readHead(text: string): Head | null {
  const segments: string[] = []
  const open: number[] = []
  let exact = true
  let loose = false
  for (const part of text.split(/(?<!\[\^)\/(?!\??\]\+)/).slice(1)) {
    const wildcard = WILDCARDS.find(([source]) => source.test(part))?.[1]
    const segment = wildcard === undefined ? readLiteral(part) : ANY_SEGMENT
    if (wildcard === undefined && /(?<!\\)\./.test(part)) loose = true
    if (segment === null) return null
    if (wildcard === 'open') open.push(segments.length)
    if (wildcard === 'narrow') exact = false
    segments.push(segment)
  }
  const isReadable = segments.length === 0 || typeof readPattern(`/${segments.join('/')}`) !== 'string'
  return isReadable && (text === '' || text.startsWith('/')) ? { segments, exact, open, loose } : null
}

/** The folder in which all paths lie that an expression can match: what stands in it before anything but plain text. */
export function folderOf(source: string): Pattern {
  const [plain = ''] = /^\^(?:\/[\w~@,-]*)*(?![?*{+])/.exec(source) ?? []
  const folder = plain.slice(1, plain.lastIndexOf('/'))
  const pattern = readPattern(`${folder}/**`)
  return typeof pattern === 'string' ? { segments: [], rest: true } : pattern
}

function readLiteral(part: string): string | null {
  if (!/^(?:[\w.~@,:;=!&' -]|\\[^\w*{}%?#/\\])*$/.test(part)) return null
  return part.replaceAll('\\', '')
}

/** Brings the spellings that mean the same to one. */
function normalize(source: string): string {
  return source
    .replaceAll('\\/', '/')
    .replaceAll('(?:', '(')
    .replaceAll('[?/]', '[/?]')
    .replaceAll('[^?/]', '[^/?]')
    .replaceAll('[\\?]', '[?]')
}

function findGroup(source: string): { before: string; inside: string; after: string } | null {
  for (const { index } of source.matchAll(/\((?!\?)/g)) {
    const end = closing(source, index)
    if (source[index - 1] === '\\' || end === -1 || /^[?*+{]/.test(source.slice(end + 1))) continue
    if (source.slice(index) === '(/|$)') continue
    return { before: source.slice(0, index), inside: source.slice(index + 1, end), after: source.slice(end + 1) }
  }
  return null
}

function closing(source: string, open: number): number {
  let depth = 0
  for (let index = open; index < source.length; index++) {
    if (source[index] === '\\') index++
    else if (source[index] === '(') depth++
    else if (source[index] === ')' && --depth === 0) return index
  }
  return -1
}

function splitTop(source: string): string[] {
  const parts = ['']
  let depth = 0
  for (const [token] of source.matchAll(/\\.|\[(?:\\.|[^\]])*\]|[^]/g)) {
    depth += token === '(' ? 1 : token === ')' ? -1 : 0
    if (token === '|' && depth === 0) parts.push('')
    else parts[parts.length - 1] += token
  }
  return parts
}
