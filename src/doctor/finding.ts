/** What a check came to. Only `wrong` makes the command fail; `look` may be meant so. */
export type Level = 'wrong' | 'look' | 'unchecked' | 'fine'

/** One thing that was looked at. */
export interface Finding {
  /** Stable, for programs. */
  readonly id: string
  readonly level: Level
  /** What was found, in one sentence. */
  readonly found: string
  /** What to change; empty where nothing needs to be. */
  readonly change: string
}

/** A fault. @param found one sentence @param change what to do about it */
export function wrong(id: string, found: string, change: string): Finding {
  return { id, level: 'wrong', found, change }
}

/** What may be meant so. */
export function look(id: string, found: string, change: string): Finding {
  return { id, level: 'look', found, change }
}

/** What was looked at and is as it should be. */
export function fine(id: string, found: string): Finding {
  return { id, level: 'fine', found, change: '' }
}

/** What could not be seen. @param change how it can be */
export function unchecked(id: string, found: string, change: string): Finding {
  return { id, level: 'unchecked', found, change }
}

/** The findings, or that all is well where there are none. */
export function orFine(findings: readonly Finding[], id: string, found: string): readonly Finding[] {
  return findings.length > 0 ? findings : [fine(id, found)]
}

const WORDS: Readonly<Record<Level, string>> = {
  wrong: 'WRONG',
  look: 'look at this',
  unchecked: 'not checked',
  fine: 'fine',
}
const ORDER: readonly Level[] = ['wrong', 'look', 'unchecked', 'fine']

/** For people: what is wrong first, each with what to change. */
export function describeFindings(findings: readonly Finding[]): string {
  const lines = ORDER.flatMap((level) => findings.filter((finding) => finding.level === level).map(describe))
  const count = findings.filter(({ level }) => level === 'wrong').length
  const end = count === 0 ? 'Nothing is wrong.' : `${count === 1 ? 'One thing is' : `${count} things are`} wrong.`
  return [...lines, '', end].join('\n')
}

function describe({ id, level, found, change }: Finding): string {
  const first = `${WORDS[level].padEnd(12)}  ${id}: ${found}`
  return change === '' ? first : `${first}\n${' '.repeat(14)}${change}`
}
