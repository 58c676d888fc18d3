import type { Policy, PolicyApp, PolicyRule, RuleAction } from './policy.ts'
import type { DocumentPath, Report } from './policy-schema.ts'
import {
  APP,
  DOCUMENT,
  isMap,
  PERMISSIONS,
  readPolicyHost,
  readSection,
  readValue,
  REQUIREMENT,
  roleNameMistake,
  RULE,
} from './policy-schema.ts'

/** A policy as far as it could be read: what is missing has been reported, and the rest can still be checked. */
export interface PolicyDraft {
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly apps: readonly AppDraft[]
}

/** One app of a draft, in the place it has in the document. */
export interface AppDraft extends Omit<PolicyApp, 'name' | 'rules'> {
  readonly name: string | null
  readonly rules: readonly RuleDraft[]
}

/** One rule of a draft, in the place it has in its app; without paths where not all of it could be read. */
export interface RuleDraft extends Omit<PolicyRule, 'action'> {
  readonly action: RuleAction | null
}

/** Line of a place in the document, from 1. */
type LineOf = (path: DocumentPath) => number

const ACTIONS = ['allow', 'require', 'deny'] as const

/** Reads what the document says, piece by piece. */
export function readDraft(document: unknown, lineOf: LineOf, report: Report): PolicyDraft {
  const { roles = {}, apps = [] } = readSection(DOCUMENT, document, [], report)
  return {
    roles: readRoles(roles, report),
    apps: apps.map((app, index) => readApp(app, ['apps', index], lineOf, report)),
  }
}

/** The policy of a draft without mistakes. */
export function toPolicy(draft: PolicyDraft): Policy {
  const apps = draft.apps.map(({ name, rules, ...app }) => ({ ...app, name: present(name), rules: rules.map(toRule) }))
  return { roles: draft.roles, apps }
}

function toRule({ action, ...rule }: RuleDraft): PolicyRule {
  return { ...rule, action: present(action) }
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('a draft with mistakes is no policy')
  return value
}

function readRoles(roles: Readonly<Record<string, unknown>>, report: Report): Map<string, readonly string[]> {
  const read = new Map<string, readonly string[]>()
  for (const [name, permissions] of Object.entries(roles)) {
    const path = ['roles', name]
    const mistake = roleNameMistake(name)
    if (mistake !== null) report(path, () => mistake)
    read.set(name, [...new Set(readValue(PERMISSIONS, permissions, path, report))])
  }
  return read
}

function readApp(value: unknown, path: DocumentPath, lineOf: LineOf, report: Report): AppDraft {
  const { name = null, hosts = [], scheme = 'https', port = null, rules = [] } = readSection(APP, value, path, report)
  return {
    name,
    hosts: hosts.map((host) => readPolicyHost(host) ?? host),
    scheme,
    port,
    rules: rules.map((rule, index) => readRule(rule, [...path, 'rules', index], lineOf, report)),
  }
}

function readRule(value: unknown, path: DocumentPath, lineOf: LineOf, report: Report): RuleDraft {
  let isWhole = true
  const note: Report = (place, sentence) => {
    isWhole = false
    report(place, sentence)
  }
  const read = readSection(RULE, value, path, note)
  const required = read.require === undefined ? null : readRequirement(read.require, [...path, 'require'], note)
  const action = isMap(value) && hasOneAction(value, path, note) ? chooseAction(value, required) : required
  return { line: lineOf(path), paths: (isWhole && read.path) || [], methods: read.methods ?? null, action }
}

/** Counted in the document itself: a key that says nothing useful still counts. */
function hasOneAction(value: Readonly<Record<string, unknown>>, path: DocumentPath, report: Report): boolean {
  const given = ACTIONS.filter((key) => Object.hasOwn(value, key))
  if (given.length === 1) return true
  report(path, () => `Give exactly one of "allow: anyone", "require" and "deny: true"; here are ${given.length}.`)
  return false
}

function chooseAction(value: Readonly<Record<string, unknown>>, required: RuleAction | null): RuleAction | null {
  if (Object.hasOwn(value, 'require')) return required
  return Object.hasOwn(value, 'allow') ? { kind: 'anyone' } : { kind: 'deny' }
}

function readRequirement(value: unknown, path: DocumentPath, report: Report): RuleAction {
  const { role = null, permission = null } = readSection(REQUIREMENT, value, path, report)
  return { kind: 'require', roles: role, permissions: permission }
}
