import type { CompiledRule } from './compile-rule.ts'
import { foldByCapitals, foldFormat, foldLastSlash, foldLetterCase } from './path-folds.ts'
import type { PathIndex } from './path-index.ts'
import { createPathIndex } from './path-index.ts'
import type { Pattern } from './pattern.ts'
import { foldCase, foldCaseByCapitals, withoutFormat, withoutLastSlash } from './pattern.ts'

/** An app's patterns as one kind of server reads them, and what it makes of a path. */
export interface Form extends Folding {
  /** The rules that decide. */
  readonly index: PathIndex
  /** The rules that only add or only watch; null where there are none. */
  readonly overlay: PathIndex | null
}

interface Folding {
  /** For people. */
  readonly name: string
  readonly foldPath: (path: string) => string
  readonly foldPattern: (pattern: Pattern) => Pattern
}

const AS_WRITTEN: Folding = { name: 'as written', foldPath: (path) => path, foldPattern: (pattern) => pattern }

/** What servers leave out of account when they compare a path with what they serve: of each line one, or none. */
const INDIFFERENCES: readonly (readonly Folding[])[] = [
  [
    { name: 'in small letters', foldPath: foldLetterCase, foldPattern: foldCase },
    { name: 'in small letters by way of capital ones', foldPath: foldByCapitals, foldPattern: foldCaseByCapitals },
  ],
  [{ name: 'without a last slash', foldPath: foldLastSlash, foldPattern: withoutLastSlash }],
  [{ name: 'without a format', foldPath: foldFormat, foldPattern: withoutFormat }],
]

/** Each folds path and patterns alike, so that `/Admin/x` is under `/Admin/**` to a server that reads it as `/admin/x`. */
const FOLDINGS: readonly Folding[] = INDIFFERENCES.reduce<readonly Folding[]>(
  (all, line) => [...all, ...all.flatMap((before) => line.map((next) => both(before, next)))],
  [AS_WRITTEN],
)

/** As the patterns are written first. Forms in which they don't differ share one index. */
export function createForms(rules: readonly CompiledRule[]): readonly [Form, ...Form[]] {
  const written = rules.map(({ patterns }) => patterns)
  const asWritten: Form = { ...AS_WRITTEN, ...indexRules(rules, written) }
  const known = new Map<string, Indexes>()
  const others = FOLDINGS.slice(1).map((folding): Form => {
    const folded = written.map((patterns) => patterns.map(folding.foldPattern))
    if (folded.every((patterns, place) => patterns.every((pattern, index) => pattern === written[place]?.[index])))
      return { ...asWritten, ...folding }
    const print = JSON.stringify(folded)
    const indexes = known.get(print) ?? indexRules(rules, folded)
    known.set(print, indexes)
    return { ...folding, ...indexes }
  })
  return [asWritten, ...others]
}

type Indexes = Pick<Form, 'index' | 'overlay'>

function indexRules(rules: readonly CompiledRule[], patterns: readonly (readonly Pattern[])[]): Indexes {
  const index = createPathIndex()
  const overlay = rules.every(({ part }) => part === 'decides') ? null : createPathIndex()
  for (const [order, { methods, networks, part }] of rules.entries()) {
    const target = part === 'decides' ? index : overlay
    for (const pattern of patterns[order] ?? []) target?.add(pattern, { order, methods, networks })
  }
  return { index, overlay }
}

function both(one: Folding, other: Folding): Folding {
  return {
    name: one === AS_WRITTEN ? other.name : `${one.name}, ${other.name}`,
    foldPath: (path) => other.foldPath(one.foldPath(path)),
    foldPattern: (pattern) => other.foldPattern(one.foldPattern(pattern)),
  }
}
