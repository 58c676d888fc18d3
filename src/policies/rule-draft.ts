import { Mistake } from '../config/values.ts'
import { LOGIN_PLACEHOLDER } from './pattern.ts'
import { readAge, REQUIREMENT, RULE } from './policy-fields.ts'
import { isMap, readSection } from './policy-schema.ts'
import type { LineOf, Report } from './policy-schema.ts'
import type { PolicyRule, RuleAction } from './policy.ts'
import type { DocumentPath } from './yaml-document.ts'

/** One rule of a draft, in the place it has in its app; without paths where not all of it could be read. */
export interface RuleDraft extends Omit<PolicyRule, 'action'> {
  readonly action: RuleAction | null
}

const ACTIONS = ['allow', 'require', 'deny'] as const

/** Reads one rule and reports what can't be read, or doesn't go together. */
export function readRule(value: unknown, path: DocumentPath, lineOf: LineOf, report: Report): RuleDraft {
  let isWhole = true
  const note: Report = (place, sentence) => {
    isWhole = false
    report(place, sentence)
  }
  const read = readSection(RULE, value, path, note)
  const required = read.require === undefined ? null : readRequirement(read.require, [...path, 'require'], note)
  const action = isMap(value) && hasOneAction(value, path, note) ? chooseAction(value, required) : required
  const { path: paths = [], methods = null, networks = null, query, mode, identify = false } = read
  if (identify && action?.kind !== 'anyone') note([...path, 'identify'], () => IDENTIFY)
  if (action?.kind !== 'require' && paths.some((each) => each.includes(LOGIN_PLACEHOLDER)))
    note([...path, 'path'], () => OWN)
  return {
    line: lineOf(path),
    paths: isWhole ? paths : [],
    methods,
    networks,
    query: query === undefined ? null : new Map(Object.entries(query).map(([name, values]) => [name, anyOf(values)])),
    monitor: mode === 'monitor',
    identify,
    action,
  }
}

const IDENTIFY = '"identify" is for rules with "allow: anyone"; the others tell the app who it is anyhow.'
const OWN = '{login} is for rules with "require": nobody else has a login.'

/** A star among the values stands for every value. */
function anyOf(values: readonly string[]): readonly string[] | null {
  return values.includes('*') ? null : values
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
  const {
    role = null,
    permission = null,
    user = null,
    factors = 1,
    max_auth_age: age,
  } = readSection(REQUIREMENT, value, path, report)
  const maxAuthAge = age === undefined ? null : readAge(age)
  return {
    kind: 'require',
    roles: role,
    permissions: permission,
    users: user,
    factors,
    maxAuthAgeMs: maxAuthAge instanceof Mistake ? null : maxAuthAge,
  }
}
