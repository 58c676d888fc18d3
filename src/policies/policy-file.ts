import type { Document, Node } from 'yaml'
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { checkDraft } from './policy-checks.ts'
import { readDraft, toPolicy } from './policy-draft.ts'
import type { DocumentPath } from './policy-schema.ts'
import type { Policy } from './policy.ts'

/** One thing to mend in a policy file. */
export interface PolicyMistake {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** Place in the document, such as `apps[0].rules[2].path`; empty for the document itself. */
  readonly path: string
  /** A sentence that says what to do. */
  readonly message: string
}

/** A larger file is refused unread. */
export const MAX_POLICY_BYTES = 1024 * 1024

/** More than anybody mends in one go. */
const MAX_MISTAKES = 200

/** Bounds what aliases can blow a small file up to. */
const MAX_ALIASES = 100

/** A parsed file whose nodes can be found again. */
interface Source {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/** A mistake and where it begins, in characters from 0. */
interface Finding {
  readonly offset: number
  readonly path: DocumentPath
  readonly message: string
}

/** Reads a policy file (DESIGN 4.5): the policy, or all that is wrong with the file, in the order of its lines. */
export function readPolicyFile(text: string): Policy | PolicyMistake[] {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    return [{ line: 1, column: 1, path: '', message: 'Make the file smaller than 1 MiB.' }]
  }
  const lines = new LineCounter()
  // The parser compares each key with all others of its map; `findBadKeys` does it in one pass.
  const document = parseDocument(text, { stringKeys: true, uniqueKeys: false, prettyErrors: false, lineCounter: lines })
  const unreadable = [...document.errors, ...document.warnings].map(({ pos, message }): Finding => {
    return { offset: pos[0], path: [], message: `Not readable as YAML: ${message}.` }
  })
  return unreadable.length > 0 ? toMistakes(lines, unreadable) : readDocument({ document, lines })
}

/** A line for each mistake, in the form in which editors open the place: `policy.yaml:12:7: …`. */
export function describeMistakes(file: string, mistakes: readonly PolicyMistake[]): string {
  return mistakes
    .map(({ line, column, path, message }) => `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`)
    .join('\n')
}

function readDocument(source: Source): Policy | PolicyMistake[] {
  const value = toValue(source)
  if (!('value' in value)) return toMistakes(source.lines, [value])
  const findings = findBadKeys(source)
  const report = (path: DocumentPath, sentence: () => string): void => {
    if (findings.length < MAX_MISTAKES) findings.push({ ...locate(source, path), message: sentence() })
  }
  const draft = readDraft(value.value, (path) => placeOf(source.lines, locate(source, path).offset).line, report)
  checkDraft(draft, report)
  return findings.length > 0 ? toMistakes(source.lines, findings) : toPolicy(draft)
}

function toValue({ document }: Source): { value: unknown } | Finding {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) }
  } catch (error) {
    // What it can't turn into values are aliases: of nothing, or too many.
    if (!(error instanceof ReferenceError)) throw error
    const message = `${error.message}. Put a host that begins with "*" in quotes, and use few aliases.`
    return { offset: firstAlias(document), path: [], message }
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

function findBadKeys({ document }: Source): Finding[] {
  const findings: Finding[] = []
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : ''
        if (seen.has(name)) findings.push({ ...badKey(key, name), message: `"${name}" stands here twice: keep one.` })
        if (name === '__proto__') findings.push({ ...badKey(key, name), message: '"__proto__" can\'t be a name.' })
        seen.add(name)
      }
    },
  })
  return findings.slice(0, MAX_MISTAKES)
}

function badKey(key: unknown, name: string): Omit<Finding, 'message'> {
  return { offset: isNode(key) ? startOf(key) : 0, path: [name] }
}

function toMistakes(lines: LineCounter, findings: readonly Finding[]): PolicyMistake[] {
  const sorted = findings.toSorted((one, other) => one.offset - other.offset).slice(0, MAX_MISTAKES)
  return sorted.map(({ offset, path, message }) => ({ ...placeOf(lines, offset), path: formatPath(path), message }))
}

function placeOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** Where a path begins; where the document has no such place, the nearest around it. */
function locate({ document }: Source, path: DocumentPath): Omit<Finding, 'message'> {
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
  return { offset, path: found }
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
