import type { Document, Node } from 'yaml'
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'

/** Place in a document: keys and, in lists, places from 0. */
export type DocumentPath = readonly (string | number)[]

/** One thing to mend in a document. */
export interface DocumentMistake {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** Place in the document, such as `apps[0].rules[2].path`; empty for the document itself. */
  readonly path: string
  /** A sentence that says what to do. */
  readonly message: string
}

/** What a document holds, and where. */
export interface YamlDocument {
  readonly value: unknown
  /** Keys that stand twice in one map or can't be names; the value holds the last of each. */
  readonly badKeys: readonly DocumentMistake[]
  /** A mistake at a place; where the document has no such place, at the nearest around it. */
  readonly mistakeAt: (path: DocumentPath, message: string) => DocumentMistake
}

/** More than anybody mends in one go. */
export const MAX_MISTAKES = 200

/** A larger document is refused unread. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024

/** Bounds what aliases can blow a small file up to. */
const MAX_ALIASES = 100

/** A parsed file whose nodes can be found again. */
interface Source {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/** Reads one YAML 1.2 document, or says all that makes it none. Its keys are texts, its aliases few. */
export function readYaml(text: string): YamlDocument | DocumentMistake[] {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    return [{ line: 1, column: 1, path: '', message: 'Make the file smaller than 4 MiB.' }]
  }
  const lines = new LineCounter()
  // The parser compares each key with all others of its map; `findBadKeys` does it in one pass.
  const document = parseDocument(text, { stringKeys: true, uniqueKeys: false, prettyErrors: false, lineCounter: lines })
  const unreadable = [...document.errors, ...document.warnings].map(({ pos, message }): DocumentMistake => {
    return { ...placeOf(lines, pos[0]), path: '', message: `Not readable as YAML: ${message}.` }
  })
  return unreadable.length > 0 ? inOrder(unreadable) : readDocument({ document, lines })
}

/** In the order of the file, and not more than anybody mends in one go. */
export function inOrder(mistakes: readonly DocumentMistake[]): DocumentMistake[] {
  return mistakes.toSorted((one, other) => one.line - other.line || one.column - other.column).slice(0, MAX_MISTAKES)
}

function readDocument(source: Source): YamlDocument | DocumentMistake[] {
  const { document, lines } = source
  try {
    return {
      value: document.toJS({ maxAliasCount: MAX_ALIASES }),
      badKeys: findBadKeys(source),
      mistakeAt(path, message) {
        const { offset, found } = locate(document, path)
        return { ...placeOf(lines, offset), path: formatPath(found), message }
      },
    }
  } catch (error) {
    // What it can't turn into values are aliases: of nothing, or too many.
    if (!(error instanceof ReferenceError)) throw error
    const message = `${error.message}. Put a host that begins with "*" in quotes, and use few aliases.`
    return [{ ...placeOf(lines, firstAlias(document)), path: '', message }]
  }
}

function firstAlias(document: Document.Parsed): number {
  let offset = 0
  visit(document, {
    Alias: (_, alias) => {
      offset = startOf(alias)
      return visit.BREAK
    },
  })
  return offset
}

function findBadKeys({ document, lines }: Source): DocumentMistake[] {
  const mistakes: DocumentMistake[] = []
  const add = (key: unknown, name: string, message: string): void => {
    mistakes.push({ ...placeOf(lines, isNode(key) ? startOf(key) : 0), path: formatPath([name]), message })
  }
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : ''
        if (seen.has(name)) add(key, name, `"${name}" stands here twice: keep one.`)
        if (name === '__proto__') add(key, name, '"__proto__" can\'t be a name.')
        seen.add(name)
      }
    },
  })
  return mistakes.slice(0, MAX_MISTAKES)
}

function placeOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function locate(document: Document.Parsed, path: DocumentPath): { offset: number; found: DocumentPath } {
  let node: unknown = document.contents
  let offset = isNode(node) ? startOf(node) : 0
  const found: (string | number)[] = []
  for (const step of path) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, step)
    // A value alone stands for a list of one, so its place in that list is no place in the document.
    if (child === null && typeof step === 'number') break
    found.push(step)
    if (child === null) break
    offset = child.offset
    node = child.node
  }
  return { offset, found }
}

/** The value under a key or at a place in a list; of a pair the key is where people look first. */
function childOf(node: unknown, step: string | number): { node: unknown; offset: number } | null {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step]
    return isNode(item) ? { node: item, offset: startOf(item) } : null
  }
  if (!isMap(node)) return null
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
  if (pair === undefined || !isNode(pair.key)) return null
  return { node: pair.value, offset: startOf(pair.key) }
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

function formatPath(path: DocumentPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}
