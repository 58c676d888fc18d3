import type { App, Judgement, RoleSets, Rule } from './decision.ts'
import type { HostIndex } from './host-index.ts'
import { createHostIndex, defaultPort } from './host-index.ts'
import type { MethodSet } from './method.ts'
import { ALL_METHODS, isOrdinary, METHODS, methodSet } from './method.ts'
import type { PathIndex } from './path-index.ts'
import { createPathIndex } from './path-index.ts'
import type { Pattern } from './pattern.ts'
import { foldCase, foldLastSlash, isCatchAll, readPattern } from './pattern.ts'
import type { Policy, PolicyApp, PolicyRule, RuleAction } from './policy.ts'
import { ADMIN_ROLE } from './policy.ts'

/** A policy made ready for judging: what one request costs doesn't grow with the number of apps. */
export interface CompiledPolicy {
  readonly apps: ReadonlyMap<string, CompiledApp>
  readonly hosts: HostIndex<CompiledApp>
  /** Role name to its permissions, the built-in role included, for what is told of a principal. */
  readonly roles: ReadonlyMap<string, readonly string[]>
}

/** An app and its rules as judgements that are made once, so that judging a plain path makes none. */
export interface CompiledApp extends App {
  readonly hostNames: ReadonlySet<string>
  readonly rules: readonly CompiledRule[]
  /** The verdict where no rule matches. */
  readonly noRule: Judgement
  /** Patterns as the file has them. */
  readonly asWritten: PathIndex
  /** Patterns in small letters; the same index as `asWritten` where that makes no difference. */
  readonly inSmallLetters: PathIndex
  /** Patterns without a last `/`, as written and in small letters; likewise. */
  readonly withoutLastSlash: PathIndex
  readonly smallWithoutLastSlash: PathIndex
  /** By method number: the verdict that holds for every path whatsoever, or null where paths differ. */
  readonly uniform: readonly (Judgement | null)[]
}

/** One rule's methods, its verdict, and its verdict for a method that it matches but would have to name. */
export interface CompiledRule {
  readonly methods: MethodSet
  readonly catchesAll: boolean
  readonly verdict: Judgement
  readonly verdictUnnamed: Judgement
}

/** Permission name to the roles that grant it. */
type Grants = ReadonlyMap<string, ReadonlySet<string>>

/** Makes a policy ready for judging. Throws only on one that `policy-file.ts` would not have read. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const grants = grantsOf(policy)
  const apps = policy.apps.map((app) => compileApp(app, grants))
  const roles = new Map([[ADMIN_ROLE, []], ...policy.roles])
  return { apps: new Map(apps.map((app) => [app.name, app])), hosts: createHostIndex(apps), roles }
}

/** The verdict of the rule at the place that an app's `PathIndex` gave. */
export function verdictAt(app: CompiledApp, place: number, method: number): Judgement {
  const rule = app.rules[place]
  return rule === undefined ? app.noRule : verdictFor(rule, method)
}

/** The methods that a rule matches: without `methods` all of the closed list, though it lets only ordinary ones pass. */
export function methodsOf(rule: Pick<PolicyRule, 'methods'>): MethodSet {
  return rule.methods === null ? ALL_METHODS : methodSet(rule.methods)
}

function verdictFor(rule: CompiledRule, method: number): Judgement {
  return isOrdinary(method) ? rule.verdict : rule.verdictUnnamed
}

function compileApp(source: PolicyApp, grants: Grants): CompiledApp {
  const app = describeApp(source)
  const noRule: Judgement = { kind: 'forbid', reason: 'no_rule', app, rule: null, principal: null }
  const patterns = source.rules.map((rule) => rule.paths.map(getPattern))
  const small = patterns.map((list) => list.map(foldCase))
  const rules = source.rules.map((rule, place) => compileRule(app, { number: place + 1, source: rule }, grants))
  const asWritten = indexRules(rules, patterns)
  const indexOf = (other: Pattern[][]): PathIndex => (isSame(patterns, other) ? asWritten : indexRules(rules, other))
  const inSmallLetters = indexOf(small)
  const withoutLastSlash = indexOf(patterns.map((list) => list.map(foldLastSlash)))
  const smallWithoutLastSlash = indexOf(small.map((list) => list.map(foldLastSlash)))
  const uniform = uniformVerdicts(rules, noRule)
  // The verdicts refer to the very object that they become part of.
  return Object.assign(app, {
    hostNames: new Set(app.hosts),
    rules,
    noRule,
    asWritten,
    inSmallLetters,
    withoutLastSlash,
    smallWithoutLastSlash,
    uniform,
  })
}

function describeApp({ name, scheme, port, hosts }: PolicyApp): App {
  const suffix = port === null || port === defaultPort(scheme) ? '' : `:${port}`
  return { name, scheme, port, hosts, origin: (hostName) => `${scheme}://${hostName}${suffix}` }
}

function compileRule(app: App, rule: Rule, grants: Grants): CompiledRule {
  const { source } = rule
  const verdict = judgementOf(app, rule, grants)
  const mustBeNamed = source.methods === null && verdict.kind !== 'forbid'
  return {
    methods: methodsOf(source),
    catchesAll: source.paths.some((path) => isCatchAll(getPattern(path))),
    verdict,
    verdictUnnamed: mustBeNamed ? { kind: 'forbid', reason: 'method_not_named', app, rule, principal: null } : verdict,
  }
}

function judgementOf(app: App, rule: Rule, grants: Grants): Judgement {
  const { action } = rule.source
  switch (action.kind) {
    case 'anyone':
      return { kind: 'anyone', app, rule }
    case 'deny':
      return { kind: 'forbid', reason: 'denied_by_rule', app, rule, principal: null }
    case 'require':
      return { kind: 'require', app, rule, roleSets: roleSetsOf(action, grants) }
  }
}

function roleSetsOf(action: Extract<RuleAction, { kind: 'require' }>, grants: Grants): RoleSets {
  const sets: ReadonlySet<string>[] = []
  if (action.roles !== null) sets.push(new Set(action.roles))
  if (action.permissions !== null) {
    sets.push(new Set(action.permissions.flatMap((permission) => [...(grants.get(permission) ?? [])])))
  }
  return sets
}

function grantsOf(policy: Policy): Grants {
  const grants = new Map<string, Set<string>>()
  for (const [role, permissions] of policy.roles) {
    for (const permission of permissions) {
      const roles = grants.get(permission) ?? new Set()
      grants.set(permission, roles.add(role))
    }
  }
  return grants
}

function indexRules(rules: readonly CompiledRule[], patterns: readonly (readonly Pattern[])[]): PathIndex {
  const index = createPathIndex()
  for (const [place, { methods }] of rules.entries()) {
    for (const pattern of patterns[place] ?? []) index.add(pattern, methods, place)
  }
  return index
}

function getPattern(text: string): Pattern {
  const pattern = readPattern(text)
  if (typeof pattern === 'string') throw new Error(`unchecked pattern ${text}: ${pattern}`)
  return pattern
}

function isSame(patterns: readonly (readonly Pattern[])[], folded: readonly (readonly Pattern[])[]): boolean {
  return JSON.stringify(patterns) === JSON.stringify(folded)
}

function uniformVerdicts(rules: readonly CompiledRule[], noRule: Judgement): (Judgement | null)[] {
  return METHODS.map((_, method) => uniformVerdict(rules, noRule, method))
}

/** All rules up to the first that takes every path must agree, for each of them may decide some path. */
function uniformVerdict(rules: readonly CompiledRule[], noRule: Judgement, method: number): Judgement | null {
  const verdicts = new Set<string>()
  for (const rule of rules) {
    if ((rule.methods & (1 << method)) === 0) continue
    const verdict = verdictFor(rule, method)
    verdicts.add(meaningOf(verdict))
    if (rule.catchesAll) return verdicts.size === 1 ? verdict : null
  }
  verdicts.add(meaningOf(noRule))
  return verdicts.size === 1 ? noRule : null
}

/** Equal for two verdicts that let the same people pass. */
function meaningOf(verdict: Judgement): string {
  if (verdict.kind !== 'require') return verdict.kind
  return JSON.stringify(verdict.roleSets.map((roles) => [...roles].sort()))
}
