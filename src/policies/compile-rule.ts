import type { Networks } from '../lib/address.ts'
import { readNetworks } from '../lib/address.ts'
import type { App, Demand, Judgement, Rule } from './decision.ts'
import type { MethodSet } from './method.ts'
import { ALL_METHODS, isOrdinary, methodSet } from './method.ts'
import type { Pattern } from './pattern.ts'
import { isCatchAll, isPersonal, parsePattern } from './pattern.ts'
import type { Policy, PolicyRule, Requirement } from './policy.ts'

/** One rule, its verdict, and its verdict for a method that it matches but would have to name. */
export interface CompiledRule {
  readonly rule: Rule
  readonly patterns: readonly Pattern[]
  readonly methods: MethodSet
  readonly networks: Networks | null
  /** True where it takes every path of every client. */
  readonly catchesAll: boolean
  /** True where it is there for one's own login alone. */
  readonly personal: boolean
  /** Rules with a query only add to what the others ask, those in monitor mode only watch. */
  readonly part: 'decides' | 'adds' | 'watches'
  readonly verdict: Judgement
  readonly verdictUnnamed: Judgement
}

/** Permission name to the roles that grant it. */
export type Grants = ReadonlyMap<string, ReadonlySet<string>>

/** Turns a policy's roles round. */
export function grantsOf({ roles }: Pick<Policy, 'roles'>): Grants {
  const grants = new Map<string, Set<string>>()
  for (const [role, permissions] of roles) {
    for (const permission of permissions) {
      const granting = grants.get(permission) ?? new Set()
      grants.set(permission, granting.add(role))
    }
  }
  return grants
}

/** Makes a rule's verdicts, once for all requests. */
export function compileRule(app: App, rule: Rule, grants: Grants): CompiledRule {
  const { source } = rule
  const verdict = verdictOf(app, rule, grants)
  const mustBeNamed = source.methods === null && verdict.kind !== 'forbid'
  const patterns = source.paths.map(parsePattern)
  return {
    rule,
    patterns,
    methods: methodsOf(source),
    networks: source.networks === null ? null : getNetworks(source.networks),
    catchesAll: source.networks === null && patterns.some(isCatchAll),
    personal: patterns.some(isPersonal),
    part: partOf(source),
    verdict,
    verdictUnnamed: mustBeNamed ? { kind: 'forbid', reason: 'method_not_named', app, rule, principal: null } : verdict,
  }
}

/** What a rule says of a method that it matches. */
export function verdictFor(rule: CompiledRule, method: number): Judgement {
  return isOrdinary(method) ? rule.verdict : rule.verdictUnnamed
}

/** The methods that a rule matches: without `methods` all of the closed list, though it lets only ordinary ones pass. */
export function methodsOf(rule: Pick<PolicyRule, 'methods'>): MethodSet {
  return rule.methods === null ? ALL_METHODS : methodSet(rule.methods)
}

function partOf({ monitor, query }: PolicyRule): CompiledRule['part'] {
  if (monitor) return 'watches'
  return query === null ? 'decides' : 'adds'
}

function verdictOf(app: App, rule: Rule, grants: Grants): Judgement {
  const { action, identify } = rule.source
  switch (action.kind) {
    case 'anyone':
      return { kind: 'anyone', app, rule, identify }
    case 'deny':
      return { kind: 'forbid', reason: 'denied_by_rule', app, rule, principal: null }
    case 'require':
      return { kind: 'require', app, rule, demands: [demandOf(rule, action, grants)] }
  }
}

function demandOf(rule: Rule, requirement: Requirement, grants: Grants): Demand {
  const { roles, permissions, users, factors, maxAuthAgeMs } = requirement
  const roleSets: ReadonlySet<string>[] = []
  if (roles !== null) roleSets.push(new Set(roles))
  if (permissions !== null) roleSets.push(new Set(permissions.flatMap((name) => [...(grants.get(name) ?? [])])))
  return { rule, roleSets, logins: users === null ? null : new Set(users), factors, maxAuthAgeMs }
}

function getNetworks(list: readonly string[]): Networks {
  const networks = readNetworks(list)
  if (typeof networks === 'string') throw new Error(`unchecked networks: ${networks}`)
  return networks
}
