/** People of whom each conjunction speaks: all that it names must hold of one person, who may be in any of the list. */
export type People = readonly Conjunction[]

/** One person may be meant by name, and by groups that he is in. */
export interface Conjunction {
  /** A login, or null for anybody. */
  readonly user: string | null
  /** In order, each once. */
  readonly groups: readonly string[]
}

/** Everybody who is signed in. */
export const EVERYBODY: People = [{ user: null, groups: [] }]

/** More conjunctions are no list that anybody keeps. */
const MAX_CONJUNCTIONS = 200

/** All of whom one of the two lists speaks, each conjunction that a wider one takes in left out. */
export function union(one: People, other: People): People {
  const kept: Conjunction[] = []
  for (const next of [...one, ...other].toSorted((left, right) => sizeOf(left) - sizeOf(right))) {
    if (!kept.some((wide) => includes(wide, next))) kept.push(next)
  }
  return kept.toSorted((left, right) => compare(keyOf(left), keyOf(right)))
}

/** All of whom both lists speak, or null where that is too long to say. */
export function both(one: People, other: People): People | null {
  const found: Conjunction[] = []
  for (const left of one) {
    for (const right of other) {
      const common = meet(left, right)
      if (common !== null) found.push(common)
    }
  }
  return found.length > MAX_CONJUNCTIONS ? null : union(found, [])
}

/** True where the two lists, as `union` leaves them, speak of the same people. */
export function isSamePeople(one: People, other: People): boolean {
  return one.map(keyOf).join('\n') === other.map(keyOf).join('\n')
}

/** What both ask of one person; null where they name two persons. */
export function meet(one: Conjunction, other: Conjunction): Conjunction | null {
  if (one.user !== null && other.user !== null && one.user !== other.user) return null
  return { user: one.user ?? other.user, groups: [...new Set([...one.groups, ...other.groups])].sort() }
}

function includes(wide: Conjunction, narrow: Conjunction): boolean {
  const isUser = wide.user === null || wide.user === narrow.user
  return isUser && wide.groups.every((group) => narrow.groups.includes(group))
}

function sizeOf({ user, groups }: Conjunction): number {
  return groups.length + (user === null ? 0 : 1)
}

function keyOf(conjunction: Conjunction): string {
  return JSON.stringify([conjunction.user, conjunction.groups])
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
