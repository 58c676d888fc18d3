/** One statement of a migration that a program from before it might not live with. */
export interface Contracting {
  readonly line: number
  readonly statement: string
  readonly why: string
}

interface SqlStatement {
  readonly line: number
  /** In small letters, with single blanks, without comments and without what stands in quotes. */
  readonly text: string
  /** Why old programs live with it all the same, where a line `-- old programs: …` before it says so. */
  readonly excuse: string | null
}

const EXCUSE = /--\s*old programs: \S.{9,}/
const COMMENT_OR_TEXT = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$/g

const STATEMENTS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^drop /, 'takes away what they may use'],
  [/^alter (?:type|domain) .*\b(?:rename|drop)\b/, 'changes a type that they read and write'],
  [/^alter (?:view|function|procedure|sequence|schema|index) .*\b(?:rename|set schema)\b/, 'takes a name away'],
  [/^create or replace /, 'changes what they know under this name'],
  [/^(?:truncate|delete) /, 'takes rows away'],
  [/^revoke /, 'takes rights away'],
  [/^do\b/, 'can not be judged from outside'],
]

const ACTIONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^drop /, 'takes away what they rely on'],
  [/^rename\b/, 'takes a name away'],
  [/^set schema\b/, 'takes a name away'],
  [/^alter (?:column )?\S+ (?:set data )?type\b/, 'changes a type that they read and write'],
  [/^alter (?:column )?\S+ (?:set not null|drop default)/, 'refuses rows that they write'],
  [/^add (?:constraint|check|unique|primary key|foreign key|exclude)\b/, 'may refuse rows that they write'],
  [/^add (?:column )?(?!constraint).*\bunique\b/, 'may refuse rows that they write'],
  [/^add (?:column )?(?!constraint)(?=.*\bnot null\b)(?!.*\b(?:default|generated)\b)/, 'refuses rows that they write'],
  [/^(?:en|dis)able\b/, 'changes what their writing does'],
]

/** What in a migration's text might break a program that doesn't know it; what it makes itself, it may shape. */
export function findContracting(text: string): Contracting[] {
  const own = new Set(
    [...blank(text).matchAll(/create (?:unlogged )?table (?:if not exists )?([\w.]+)/gi)].map(([, name]) => name),
  )
  return statementsOf(text).flatMap(({ line, text: statement, excuse }) => {
    const why = excuse === null ? reasonOf(statement, own) : null
    return why === null ? [] : [{ line, statement: statement.slice(0, 80), why }]
  })
}

function reasonOf(statement: string, own: ReadonlySet<string | undefined>): string | null {
  const found = STATEMENTS.find(([pattern]) => pattern.test(statement))
  if (found !== undefined) return found[1]
  const isForeign = (pattern: RegExp): boolean => {
    const table = pattern.exec(statement)?.[1]
    return table !== undefined && !own.has(table)
  }
  if (isForeign(/^create unique index .*?\bon (?:only )?([\w.]+)/)) return 'may refuse rows that they write'
  if (isForeign(/^create (?:constraint )?trigger .*?\bon ([\w.]+)/)) return 'changes what their writing does'
  if (!isForeign(/^alter table (?:if exists )?(?:only )?([\w.]+)/)) return null
  const actions = splitAtCommas(statement.replace(/^alter table (?:if exists )?(?:only )?[\w.]+ /, ''))
  const broken = ACTIONS.find(([pattern]) => actions.some((action) => pattern.test(action)))
  return broken?.[1] ?? null
}

function statementsOf(text: string): SqlStatement[] {
  const blanked = blank(text)
  return [...blanked.matchAll(/[^;]+/g)].flatMap(({ 0: part, index }) => {
    const statement = part.replaceAll(/\s+/g, ' ').trim().toLowerCase()
    if (statement === '') return []
    const begins = index + part.search(/\S/)
    const excuse = EXCUSE.exec(text.slice(index, begins))?.[0] ?? null
    return [{ line: text.slice(0, begins).split('\n').length, text: statement, excuse }]
  })
}

/** The same length with blanks for comments and what stands in quotes, so that places stay true. */
function blank(text: string): string {
  return text.replaceAll(COMMENT_OR_TEXT, (found) =>
    found.startsWith('-') || found.startsWith('/')
      ? found.replaceAll(/[^\n]/g, ' ')
      : `''${found.slice(2).replaceAll(/[^\n]/g, ' ')}`,
  )
}

/** At commas that stand in no brackets. */
function splitAtCommas(text: string): string[] {
  const parts = ['']
  let depth = 0
  for (const character of text) {
    depth += Number(character === '(') - Number(character === ')')
    if (character === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts.map((part) => part.trim())
}
