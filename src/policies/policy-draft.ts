import type { Policy, PolicyApp, PolicyTest, SecondFactorDemand } from './policy.ts'
import { isOwnPermission, OWN_PERMISSIONS, OWN_PREFIX } from '../lib/permissions.ts'
import { ADMIN_ROLE } from './policy.ts'
import { APP, DOCUMENT, NAME_RULE, PERMISSIONS, SECOND_FACTOR } from './policy-fields.ts'
import { readPolicyHost } from './policy-host.ts'
import { readSection, readValue } from './policy-schema.ts'
import type { LineOf, Read, Report } from './policy-schema.ts'
import { readRule } from './rule-draft.ts'
import type { RuleDraft } from './rule-draft.ts'
import { readTest } from './test-draft.ts'
import type { DocumentPath } from './yaml-document.ts'

/** A policy as far as it could be read: what is missing has been reported, and the rest can still be checked. */
export interface PolicyDraft {
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly apps: readonly AppDraft[]
  readonly secondFactor: SecondFactorDemand | null
  readonly tests: readonly (PolicyTest | null)[]
}

/** One app of a draft, in the place it has in the document. */
export interface AppDraft extends Omit<PolicyApp, 'name' | 'rules'> {
  readonly name: string | null
  readonly rules: readonly RuleDraft[]
}

const ROLE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Reads what the document says, piece by piece. */
export function readDraft(document: unknown, lineOf: LineOf, report: Report): PolicyDraft {
  const read = readSection(DOCUMENT, document, [], report)
  const { roles = {}, apps = [], tests = [] } = read
  return {
    roles: readRoles(roles, report),
    apps: apps.map((app, index) => readApp(app, ['apps', index], lineOf, report)),
    secondFactor: read.second_factor === undefined ? null : readSecondFactor(read.second_factor, report),
    tests: tests.map((test, index) => readTest(test, ['tests', index], lineOf, report)),
  }
}

/** The policy of a draft without mistakes. */
export function toPolicy({ roles, apps, secondFactor, tests }: PolicyDraft): Policy {
  const toRules = (rules: readonly RuleDraft[]) =>
    rules.map(({ action, ...rule }) => ({ ...rule, action: present(action) }))
  return {
    roles,
    apps: apps.map(({ name, rules, ...app }) => ({ ...app, name: present(name), rules: toRules(rules) })),
    secondFactor,
    tests: tests.map(present),
  }
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
    const given = [...new Set(readValue(PERMISSIONS, permissions, path, report))]
    for (const [place, permission] of given.entries()) {
      const fault = ownPermissionMistake(permission)
      if (fault !== null) report([...path, place], () => fault)
    }
    read.set(name, given)
  }
  return read
}

function roleNameMistake(name: string): string | null {
  if (name === ADMIN_ROLE) return `"${ADMIN_ROLE}" is built in: rules may name it, roles may not define it.`
  return ROLE_NAME.test(name) ? null : `A role's name has ${NAME_RULE}.`
}

function ownPermissionMistake(name: string): string | null {
  if (!name.startsWith(OWN_PREFIX) || isOwnPermission(name)) return null
  return `What begins with "${OWN_PREFIX}" is Postern's own: ${Object.keys(OWN_PERMISSIONS).join(', ')}.`
}

function readSecondFactor(value: unknown, report: Report): SecondFactorDemand {
  const { roles = [], grace_days: graceDays = 0 } = readSection(SECOND_FACTOR, value, ['second_factor'], report)
  return { roles, graceDays }
}

function basicOf(basic: boolean | 'tokens'): Pick<PolicyApp, 'basic'> {
  if (basic === false) return {}
  return { basic: basic === true ? 'passwords' : 'tokens' }
}

function cardOf(read: Read<typeof APP.fields>): Pick<PolicyApp, 'card'> {
  const { title = null, description = null, icon = null, url = null, hidden = false } = read
  const isPlain = !hidden && [title, description, icon, url].every((value) => value === null)
  return isPlain ? {} : { card: { title, description, icon, url, hidden } }
}

function readApp(value: unknown, path: DocumentPath, lineOf: LineOf, report: Report): AppDraft {
  const read = readSection(APP, value, path, report)
  const { name = null, hosts = [], scheme = 'https', port = null, rules = [], headers = {} } = read
  const { charset = 'percent-utf8', assertion = false } = read
  return {
    name,
    hosts: hosts.map((host) => readPolicyHost(host) ?? host),
    scheme,
    port,
    identity: { headers: new Map(Object.entries(headers)), charset, assertion },
    aliasGuard: read.alias_guard ?? 'refuse',
    pathBytes: read.path_bytes ?? 'utf8',
    outage: read.outage ?? 'grace',
    ...basicOf(read.basic ?? false),
    ...cardOf(read),
    rules: rules.map((rule, index) => readRule(rule, [...path, 'rules', index], lineOf, report)),
  }
}
