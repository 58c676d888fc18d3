import { ruleWords } from './decision-words.ts'
import type { Policy, PolicyApp, PolicyRule } from './policy.ts'

/** How one thing of a policy differs in another policy. */
export interface PolicyDifference {
  readonly change: 'added' | 'removed' | 'changed' | 'moved'
  readonly what: 'role' | 'second_factor' | 'app' | 'rule' | 'tests'
  /** App that it belongs to, or null. */
  readonly app: string | null
  /** For people: which one it is and, where it changed, in what. */
  readonly text: string
}

type Found = Omit<PolicyDifference, 'app'>

/** What differs in meaning between two policies, app by app; comments and layout don't count. */
export function diffPolicies(from: Policy, to: Policy): PolicyDifference[] {
  const roles = diffMaps(from.roles, to.roles, (one, other) => listChange('permissions', one, other))
  return [
    ...roles.map(({ change, text }) => ({ change, what: 'role' as const, app: null, text })),
    ...diffSecondFactor(from, to),
    ...diffApps(from.apps, to.apps),
    ...diffTests(from, to),
  ]
}

function diffSecondFactor({ secondFactor: one }: Policy, { secondFactor: other }: Policy): PolicyDifference[] {
  const changes = [
    listChange('roles', one?.roles ?? [], other?.roles ?? []),
    valueChange('grace_days', one?.graceDays ?? null, other?.graceDays ?? null),
  ].filter((text) => text !== '')
  return changes.length === 0 ? [] : [{ change: 'changed', what: 'second_factor', app: null, text: changes.join('; ') }]
}

function diffApps(from: readonly PolicyApp[], to: readonly PolicyApp[]): PolicyDifference[] {
  const [before, after] = [byName(from), byName(to)]
  const apps = diffMaps(before, after, appChange).map(({ change, name, text }) => {
    return { change, what: 'app' as const, app: name, text }
  })
  const rules = [...before].flatMap(([name, app]) => {
    const other = after.get(name)
    return other === undefined ? [] : diffRules(app.rules, other.rules).map((found) => ({ ...found, app: name }))
  })
  return [...apps, ...rules]
}

function byName(apps: readonly PolicyApp[]): Map<string, PolicyApp> {
  return new Map(apps.map((app) => [app.name, app]))
}

interface NamedFound {
  readonly change: 'added' | 'removed' | 'changed'
  readonly name: string
  readonly text: string
}

/** @param changeOf says in what two differ, or nothing */
function diffMaps<T>(
  from: ReadonlyMap<string, T>,
  to: ReadonlyMap<string, T>,
  changeOf: (one: T, other: T) => string,
): NamedFound[] {
  const removed = [...from.keys()].filter((name) => !to.has(name))
  const added = [...to.keys()].filter((name) => !from.has(name))
  const changed = [...from].flatMap(([name, one]): NamedFound[] => {
    const other = to.get(name)
    const text = other === undefined ? '' : changeOf(one, other)
    return text === '' ? [] : [{ change: 'changed', name, text: `${name}: ${text}` }]
  })
  const whole = (change: 'added' | 'removed') => (name: string) => ({ change, name, text: name })
  return [...removed.map(whole('removed')), ...added.map(whole('added')), ...changed]
}

function appChange(one: PolicyApp, other: PolicyApp): string {
  const settings = [
    listChange('hosts', one.hosts, other.hosts),
    valueChange('scheme', one.scheme, other.scheme),
    valueChange('port', one.port, other.port),
    valueChange('alias_guard', one.aliasGuard, other.aliasGuard),
    valueChange('path_bytes', one.pathBytes, other.pathBytes),
    valueChange('outage', one.outage, other.outage),
    valueChange('basic', one.basic ?? null, other.basic ?? null),
    ...cardChanges(one, other),
    valueChange('charset', one.identity.charset, other.identity.charset),
    valueChange('assertion', one.identity.assertion, other.identity.assertion),
    listChange('headers', headersOf(one), headersOf(other)),
  ]
  return settings.filter((text) => text !== '').join('; ')
}

function cardChanges({ card: one }: PolicyApp, { card: other }: PolicyApp): string[] {
  const icon = one?.icon === other?.icon ? '' : 'icon'
  return [
    valueChange('title', one?.title ?? null, other?.title ?? null),
    valueChange('description', one?.description ?? null, other?.description ?? null),
    valueChange('url', one?.url ?? null, other?.url ?? null),
    valueChange('hidden', one?.hidden ?? false, other?.hidden ?? false),
    icon,
  ]
}

function headersOf({ identity }: PolicyApp): string[] {
  return [...identity.headers].map(([name, template]) => `${name}=${template}`)
}

type Value = string | number | boolean | null

function valueChange(name: string, one: Value, other: Value): string {
  return one === other ? '' : `${name} ${one ?? 'default'} -> ${other ?? 'default'}`
}

function listChange(name: string, one: readonly string[], other: readonly string[]): string {
  const changes = [
    ...other.filter((item) => !one.includes(item)).map((item) => `+${item}`),
    ...one.filter((item) => !other.includes(item)).map((item) => `-${item}`),
  ]
  return changes.length === 0 ? '' : `${name} ${changes.join(' ')}`
}

/** Rules that ask for the same paths and clients are one rule that changed; of the others order is all that is left. */
function diffRules(from: readonly PolicyRule[], to: readonly PolicyRule[]): Found[] {
  const [before, after] = [new Set(from.map(ruleWords)), new Set(to.map(ruleWords))]
  const gone = from.filter((rule) => !after.has(ruleWords(rule)))
  const come = to.filter((rule) => !before.has(ruleWords(rule)))
  const [goneByMatch, comeByMatch] = [byMatch(gone), byMatch(come)]
  const changed = come.flatMap((rule) => {
    const earlier = goneByMatch.get(matchOf(rule))
    return earlier === undefined ? [] : [found('changed', `${lineWords(earlier)}  ->  ${lineWords(rule)}`)]
  })
  return [
    ...gone.filter((rule) => !comeByMatch.has(matchOf(rule))).map((rule) => found('removed', lineWords(rule))),
    ...come.filter((rule) => !goneByMatch.has(matchOf(rule))).map((rule) => found('added', lineWords(rule))),
    ...changed,
    ...movedRules(
      from.filter((rule) => after.has(ruleWords(rule))),
      to.filter((rule) => before.has(ruleWords(rule))),
    ),
  ]
}

function byMatch(rules: readonly PolicyRule[]): Map<string, PolicyRule> {
  return new Map(rules.map((rule) => [matchOf(rule), rule]))
}

/** Only the first that stands elsewhere is told: all after it have moved because of it. */
function movedRules(before: readonly PolicyRule[], after: readonly PolicyRule[]): Found[] {
  const moved = after.find((rule, index) => {
    const earlier = before[index]
    return earlier === undefined || ruleWords(earlier) !== ruleWords(rule)
  })
  return moved === undefined ? [] : [found('moved', `the order differs from here on: ${lineWords(moved)}`)]
}

function found(change: PolicyDifference['change'], text: string): Found {
  return { change, what: 'rule', text }
}

function lineWords(rule: PolicyRule): string {
  return `line ${rule.line} ${ruleWords(rule)}`
}

function matchOf({ paths, methods, networks, query, monitor }: PolicyRule): string {
  return JSON.stringify([paths, methods, networks, query && [...query], monitor])
}

function diffTests(from: Policy, to: Policy): PolicyDifference[] {
  const meaning = ({ tests }: Policy): string[] => tests.map((test) => JSON.stringify({ ...test, line: 0 }))
  const [before, after] = [meaning(from), meaning(to)]
  const removed = before.filter((each) => !after.includes(each)).length
  const added = after.filter((each) => !before.includes(each)).length
  if (removed + added === 0) return []
  return [{ change: 'changed', what: 'tests', app: null, text: `${added} new, ${removed} gone` }]
}
