import type { Case } from './case.ts'
import type { Kind } from './world.ts'

/** Who gave which outcome, case by case. */
export interface Matrix {
  /** Takes an outcome down and gives it back. */
  note(name: string, kind: Kind, outcome: string): string
  /** How many outcomes there are. */
  size(): number
  /** A line for each case, and one for each difference with its reason. */
  lines(cases: readonly Pick<Case, 'name' | 'differs'>[]): string[]
}

export function createMatrix(): Matrix {
  const rows = new Map<string, Map<string, string>>()
  return {
    note(name, kind, outcome) {
      rows.set(name, (rows.get(name) ?? new Map<string, string>()).set(kind.name, outcome))
      return outcome
    },
    size: () => [...rows.values()].reduce((count, row) => count + row.size, 0),
    lines: (cases) =>
      [...rows].flatMap(([name, row]) => [
        `${name}: ${cells(row)}`,
        ...reasons(cases.find((one) => one.name === name)),
      ]),
  }
}

/** One outcome where all agree, else each by its proxy. */
function cells(row: ReadonlyMap<string, string>): string {
  const [first, ...others] = new Set(row.values())
  if (first !== undefined && others.length === 0) return `${[...row.keys()].join(', ')}: ${first}`
  return [...row].map(([kind, outcome]) => `${kind}: ${outcome}`).join(' | ')
}

function reasons(one: Pick<Case, 'differs'> | undefined): string[] {
  return Object.entries(one?.differs ?? {}).map(([kind, { because }]) => `    ${kind}: ${because}`)
}
