import type { CompiledRule } from './compile-rule.ts'
import { foldByCapitals, foldFirstFormat, foldFormat, foldLastSlash, foldLetterCase } from './path-folds.ts'
import type { PathIndex } from './path-index.ts'
import { createPathIndex } from './path-index.ts'
import type { Pattern } from './pattern.ts'
import { foldCase, foldCaseByCapitals, withoutFirstFormat, withoutFormat, withoutLastSlash } from './pattern.ts'

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
  readonly foldPattern: (pattern: Pattern) => Pattern
  /** What it makes of the letters of a path, and then of its end. */
  readonly foldLetters: (path: string) => string
  readonly foldEnd: (path: string) => string
}

interface Indifference {
  readonly name: string
  readonly foldPath: (path: string) => string
  readonly foldPattern: (pattern: Pattern) => Pattern
}

const SAME: Indifference = { name: 'as written', foldPath: (path) => path, foldPattern: (pattern) => pattern }

/** What servers leave out of account when they compare a path with what they serve: of each list one. */
const LETTERS: readonly Indifference[] = [
  SAME,
  { name: 'in small letters', foldPath: foldLetterCase, foldPattern: foldCase },
  { name: 'in small letters by way of capital ones', foldPath: foldByCapitals, foldPattern: foldCaseByCapitals },
]
const LAST_SLASH: readonly Indifference[] = [
  SAME,
  { name: 'without a last slash', foldPath: foldLastSlash, foldPattern: withoutLastSlash },
]
const FORMAT: readonly Indifference[] = [
  SAME,
  { name: 'without a format', foldPath: foldFormat, foldPattern: withoutFormat },
  { name: 'up to the first dot', foldPath: foldFirstFormat, foldPattern: withoutFirstFormat },
]

/** Each folds path and patterns alike, so that `/Admin/x` is under `/Admin/**` to a server that reads it as `/admin/x`. */
const FOLDINGS: readonly Folding[] = LETTERS.flatMap((letters) =>
  LAST_SLASH.flatMap((slash) => FORMAT.map((format) => together(letters, slash, format))),
)

/** The forms in which a path that has one reading is looked up, by what stands at its end. */
export interface PlainForms {
  readonly bare: readonly Form[]
  readonly dotted: readonly Form[]
  /** Null where the patterns differ in some form, as then twins of the path may be looked up besides. */
  readonly slashed: readonly Form[] | null
}

/** As the patterns are written first. Forms in which they don't differ share one index. */
export function createForms(rules: readonly CompiledRule[]): readonly [Form, ...Form[]] {
  const written = rules.map(({ patterns }) => patterns)
  const [first, ...others] = FOLDINGS
  if (first === undefined) throw new Error('there is always the form as written')
  const asWritten: Form = { ...first, ...indexRules(rules, written) }
  const known = new Map<string, Indexes>()
  const folded = others.map((folding): Form => {
    const patternsThen = written.map((patterns) => patterns.map(folding.foldPattern))
    if (
      patternsThen.every((patterns, place) => patterns.every((pattern, index) => pattern === written[place]?.[index]))
    )
      return { ...asWritten, ...folding }
    const print = JSON.stringify(patternsThen)
    const indexes = known.get(print) ?? indexRules(rules, patternsThen)
    known.set(print, indexes)
    return { ...folding, ...indexes }
  })
  return [asWritten, ...folded]
}

/** By a sample of each kind: what is looked up for it is looked up for every such path. */
export function plainFormsOf(forms: readonly Form[]): PlainForms {
  const formsFor = (sample: string): Form[] =>
    onlyOnce(forms.map((form) => [form, form.foldEnd(sample)] as const)).map(([form]) => form)
  const hasOneIndex = forms.every(({ index }) => index === forms[0]?.index)
  return { bare: formsFor('/a'), dotted: formsFor('/a.b.c'), slashed: hasOneIndex ? formsFor('/a/') : null }
}

/** Forms may share an index, and then a path need be looked up in it once. */
export function onlyOnce(all: readonly (readonly [Form, string])[]): (readonly [Form, string])[] {
  const seen = new Map<PathIndex, Set<string>>()
  return all.filter(([{ index }, path]) => {
    const paths = seen.get(index) ?? new Set()
    seen.set(index, paths)
    return !paths.has(path) && paths.add(path)
  })
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

function together(letters: Indifference, slash: Indifference, format: Indifference): Folding {
  const names = [letters, slash, format].filter((each) => each !== SAME).map(({ name }) => name)
  return {
    name: names.length === 0 ? SAME.name : names.join(', '),
    foldLetters: letters.foldPath,
    foldEnd: (path) => format.foldPath(slash.foldPath(path)),
    foldPattern: (pattern) => format.foldPattern(slash.foldPattern(letters.foldPattern(pattern))),
  }
}
