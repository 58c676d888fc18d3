import type { Outcome } from './authelia-outcome.ts'
import type { Conjunction, People } from './authelia-subject.ts'
import { ADMIN_ROLE } from './policy.ts'

/** What `require` of a policy file holds. */
export interface RequirementDocument {
  readonly role?: string | readonly string[]
  readonly permission?: string
  readonly user?: string | readonly string[]
  readonly factors?: 2
}

/** Gives Authelia's groups role names, and makes roles up for lists of people that no rule can tell otherwise. */
export interface RoleBook {
  /** What a rule requires, and what to do by hand so that it lets the right people pass, or null. */
  readonly require: (outcome: Extract<Outcome, { kind: 'require' }>) => WrittenRequirement
  /** Role name to its permissions, of all that was asked for until now. */
  readonly roles: () => ReadonlyMap<string, readonly string[]>
  /** Groups whose role is called otherwise, and the role. */
  readonly renamed: () => ReadonlyMap<string, string>
}

export interface WrittenRequirement {
  readonly requirement: RequirementDocument
  readonly advice: string | null
}

const MAX_NAME_LENGTH = 60

/** A book without roles. */
export function createRoleBook(): RoleBook {
  const roles = new Map<string, readonly string[]>()
  const byGroup = new Map<string, string>()
  const byPeople = new Map<string, string>()
  const define = (wanted: string): string => {
    const name = freeName(wanted, new Set([...roles.keys(), ADMIN_ROLE]))
    roles.set(name, [])
    return name
  }
  const roleOf = (group: string): string => {
    const role = byGroup.get(group) ?? define(group)
    byGroup.set(group, role)
    return role
  }
  const membership = (group: string): string => {
    const role = roleOf(group)
    roles.set(role, [`member:${role}`])
    return `member:${role}`
  }
  const madeUpFor = (people: People): string => {
    const key = JSON.stringify(people)
    const role = byPeople.get(key) ?? define(`from-authelia-${byPeople.size + 1}`)
    byPeople.set(key, role)
    return role
  }
  const require: RoleBook['require'] = ({ people, factors }) => {
    const second = factors === 2 ? ({ factors } as const) : {}
    const plain = requirementOf(people, roleOf, membership)
    if (plain !== null) return { requirement: { ...plain, ...second }, advice: null }
    const others = people.filter((each) => !isGroup(each))
    const role = madeUpFor(others)
    const all = [...people.filter(isGroup).flatMap(({ groups }) => groups.map(roleOf)), role]
    return { requirement: { role: oneOrMore(all), ...second }, advice: adviceFor(role, others) }
  }
  const renamed = (): Map<string, string> => new Map([...byGroup].filter(([group, role]) => group !== role))
  return { require, roles: () => roles, renamed }
}

/** A name that a policy file may have, like the one wanted, and not taken yet. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const name = wanted
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, MAX_NAME_LENGTH)
  const base = name === '' ? 'unnamed' : name
  if (!taken.has(base)) return base
  let number = 2
  while (taken.has(`${base}-${number}`)) number++
  return `${base}-${number}`
}

/** Null where one requirement can't say it: it asks for all that it names, and of each list for any one. */
function requirementOf(
  people: People,
  roleOf: (group: string) => string,
  membership: (group: string) => string,
): Omit<RequirementDocument, 'factors'> | null {
  const [first, second] = people
  if (first === undefined) return null
  if (people.every(isGroup)) return { role: oneOrMore(people.flatMap(({ groups }) => groups.map(roleOf))) }
  if (people.every(isUser)) return { user: oneOrMore(people.flatMap(({ user }) => (user === null ? [] : [user]))) }
  const [group, other, ...more] = first.groups
  if (second !== undefined || more.length > 0) return null
  return {
    ...(group !== undefined && { role: roleOf(group) }),
    ...(other !== undefined && { permission: membership(other) }),
    ...(first.user !== null && { user: first.user }),
  }
}

function isGroup({ user, groups }: Conjunction): boolean {
  return user === null && groups.length === 1
}

function isUser({ user, groups }: Conjunction): boolean {
  return user !== null && groups.length === 0
}

function oneOrMore(list: readonly string[]): string | readonly string[] {
  const [first, second] = list
  return first !== undefined && second === undefined ? first : list
}

function adviceFor(role: string, people: People): string {
  const whom = people.map(({ user, groups }) =>
    [...(user === null ? [] : [user]), ...groups.map((group) => `members of ${group}`)].join(' as one of the '),
  )
  return `People and groups can't be listed together in one rule. Give the role ${role} to: ${whom.join('; ')}.`
}
