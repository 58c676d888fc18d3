import { createAliasGuard } from './alias-guard.ts'
import type { AliasGuard } from './alias-guard.ts'
import type { App } from './decision.ts'
import type { CompiledRule, Grants } from './compile-rule.ts'
import { compileRule, grantsOf } from './compile-rule.ts'
import type { Form, PlainForms } from './forms.ts'
import { createForms, plainFormsOf } from './forms.ts'
import { identityNames } from './header-rules.ts'
import type { HostIndex } from './host-index.ts'
import { createHostIndex, defaultPort, indexedName } from './host-index.ts'
import type { Forbid, Judgement } from './decision.ts'
import type { PathFold } from './path-folds.ts'
import { PATH_FOLDS } from './path-folds.ts'
import type { Policy, PolicyApp, SecondFactorDemand } from './policy.ts'
import { ADMIN_ROLE } from './policy.ts'
import { uniformVerdicts } from './uniform.ts'

/** A policy made ready for judging: what one request costs doesn't grow with the number of apps. */
export interface CompiledPolicy {
  readonly apps: ReadonlyMap<string, CompiledApp>
  readonly hosts: HostIndex<CompiledApp>
  /** Role name to its permissions, the built-in role included, for what is told of a principal. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly aliasGuard: AliasGuard
  /** Of whom a second factor is demanded at sign-in; null for nobody. */
  readonly secondFactor: SecondFactorDemand | null
}

/** An app and its rules as judgements that are made once, so that judging a plain path makes none. */
export interface CompiledApp extends App {
  readonly source: PolicyApp
  readonly hostNames: ReadonlySet<string>
  /** Names with `{login}` in front, as `hostNames` has them: there the first label must be the visitor's login. */
  readonly ownHostNames: ReadonlySet<string>
  /** Folded names of the headers that no client may send to this app. */
  readonly identityNames: ReadonlySet<string>
  readonly rules: readonly CompiledRule[]
  /** True where some rule is there for some networks only. */
  readonly usesNetworks: boolean
  /** The verdict where no rule matches. */
  readonly noRule: Forbid
  /** The patterns as the file has them, then each form in which some differ. */
  readonly forms: readonly [Form, ...Form[]]
  /** True where the patterns differ in none. */
  readonly hasOneForm: boolean
  /** Null where some rules only add or only watch. */
  readonly plainForms: PlainForms | null
  /** By method number: the verdict that holds for every path whatsoever, or null where paths differ. */
  readonly uniform: readonly (Judgement | null)[]
  /** How else its server may read a path. */
  readonly folds: readonly PathFold[]
}

/**
 * Makes a policy ready for judging. Throws only on one that `policy-file.ts` would not have read.
 * @param folds all of them, unless a test is to show what one is for
 */
export function compilePolicy(policy: Policy, folds: readonly PathFold[] = PATH_FOLDS): CompiledPolicy {
  const grants = grantsOf(policy)
  return assemblePolicy(
    policy,
    policy.apps.map((app) => compileApp(app, grants, folds)),
  )
}

/** The same, letting others take their turn after each few apps. */
export async function compilePolicyInSlices(policy: Policy, takeTurns: () => Promise<void>): Promise<CompiledPolicy> {
  const grants = grantsOf(policy)
  const apps: CompiledApp[] = []
  for (const app of policy.apps) {
    apps.push(compileApp(app, grants, PATH_FOLDS))
    await takeTurns()
  }
  return assemblePolicy(policy, apps)
}

function assemblePolicy(policy: Policy, apps: readonly CompiledApp[]): CompiledPolicy {
  return {
    apps: new Map(apps.map((app) => [app.name, app])),
    hosts: createHostIndex(apps),
    roles: new Map([[ADMIN_ROLE, []], ...policy.roles]),
    aliasGuard: createAliasGuard(new Set(apps.flatMap((app) => [...identityNames(app)]))),
    secondFactor: policy.secondFactor ?? null,
  }
}

function compileApp(source: PolicyApp, grants: Grants, folds: readonly PathFold[]): CompiledApp {
  const app = describeApp(source)
  const noRule: Forbid = { kind: 'forbid', reason: 'no_rule', app, rule: null, principal: null }
  const rules = source.rules.map((rule, place) => compileRule(app, { number: place + 1, source: rule }, grants))
  const forms = createForms(rules)
  // The verdicts refer to the very object that they become part of.
  return Object.assign(app, {
    source,
    hostNames: new Set(source.hosts.map(indexedName)),
    ownHostNames: new Set(source.hosts.filter((host) => host.startsWith('{')).map(indexedName)),
    identityNames: identityNames(source),
    rules,
    usesNetworks: rules.some(({ networks }) => networks !== null),
    noRule,
    forms,
    hasOneForm: forms.every(({ index }) => index === forms[0].index),
    plainForms: forms[0].overlay === null ? plainFormsOf(forms) : null,
    uniform: uniformVerdicts(rules, noRule),
    folds,
  })
}

function describeApp({ name, scheme, port, hosts, identity, outage, basic, rules }: PolicyApp): App {
  const watches = rules.some(({ monitor }) => monitor)
  const suffix = port === null || port === defaultPort(scheme) ? '' : `:${port}`
  return {
    name,
    scheme,
    port,
    hosts,
    identity,
    outage,
    ...(basic !== undefined && { basic }),
    watches,
    origin: (hostName) => `${scheme}://${hostName}${suffix}`,
  }
}
