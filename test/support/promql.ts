/** A metric that an expression looks at, with the labels by which it chooses. */
export interface Selector {
  readonly metric: string
  readonly labels: readonly LabelMatch[]
}

export interface LabelMatch {
  readonly label: string
  /** The texts that a value is compared with; of a regular expression its alternatives. */
  readonly values: readonly string[]
}

const WORDS = /"(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|[A-Za-z_:][\w:]*|\S/g
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'offset', 'bool', 'inf', 'nan'])
const LABEL_LISTS: ReadonlySet<string> = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])

/** The metrics that an expression looks at; promtool has found it well-formed. */
export function selectorsOf(expression: string): Selector[] {
  const words = (expression.replaceAll(/#.*/g, '').match(WORDS) ?? []).filter((word) => !word.startsWith('['))
  return words.flatMap((word, at) => {
    if (!isMetric(words, at)) return []
    const next = words[at + 1] ?? ''
    return [{ metric: word, labels: next.startsWith('{') ? matchesOf(next) : [] }]
  })
}

/** The labels that an expression groups or joins by. */
export function groupingLabelsOf(expression: string): string[] {
  const lists = expression.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)
  return [...lists].flatMap(([, list = '']) => list.split(',').map((label) => label.trim()))
}

function isMetric(words: readonly string[], at: number): boolean {
  const word = words[at] ?? ''
  if (!/^[A-Za-z_:]/.test(word) || OPERATORS.has(word.toLowerCase()) || LABEL_LISTS.has(word)) return false
  // A function or an aggregation, or a unit such as the m of 5m.
  if (words[at + 1] === '(' || LABEL_LISTS.has(words[at + 1] ?? '') || /^\d$/.test(words[at - 1] ?? '')) return false
  return !isInLabelList(words, at)
}

function isInLabelList(words: readonly string[], at: number): boolean {
  const open = words.lastIndexOf('(', at)
  if (open < 1 || !LABEL_LISTS.has(words[open - 1] ?? '')) return false
  return !words.slice(open, at).includes(')')
}

function matchesOf(braces: string): LabelMatch[] {
  return [...braces.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => ({
    label,
    values: value.split('|'),
  }))
}
