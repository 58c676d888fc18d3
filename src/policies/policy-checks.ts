import { nearest } from '../lib/nearest.ts'
import { methodsOf } from './compile.ts'
import { effectivePort } from './host-index.ts'
import { createPathIndex } from './path-index.ts'
import { readPattern } from './pattern.ts'
import { ADMIN_ROLE } from './policy.ts'
import type { RuleAction } from './policy.ts'
import type { AppDraft, PolicyDraft, RuleDraft } from './policy-draft.ts'
import type { DocumentPath, Report } from './policy-schema.ts'

/** Longer words get no suggestion: they are no slip of a known name. */
const MAX_SUGGESTED_LENGTH = 64

/** Names that rules may use. */
interface KnownNames {
  readonly roles: ReadonlySet<string>
  readonly permissions: ReadonlySet<string>
}

/** Reports what no part of the draft shows alone: names unknown or used twice, rules that can never match. */
export function checkDraft(draft: PolicyDraft, report: Report): void {
  checkAppNames(draft.apps, report)
  checkHosts(draft.apps, report)
  const known: KnownNames = {
    roles: new Set([...draft.roles.keys(), ADMIN_ROLE]),
    permissions: new Set([...draft.roles.values()].flat()),
  }
  for (const [index, app] of draft.apps.entries()) {
    checkNames(app, ['apps', index], known, report)
    checkShadows(app, ['apps', index], report)
  }
}

function checkAppNames(apps: readonly AppDraft[], report: Report): void {
  const seen = new Map<string, number>()
  for (const [index, { name }] of apps.entries()) {
    if (name === null) continue
    const first = seen.get(name)
    if (first === undefined) seen.set(name, index)
    else report(['apps', index, 'name'], () => `apps[${first}] is named "${name}" already: give each app its own name.`)
  }
}

function checkHosts(apps: readonly AppDraft[], report: Report): void {
  const seen = new Map<string, string>()
  for (const [index, app] of apps.entries()) {
    for (const [place, host] of app.hosts.entries()) {
      const claim = `${host}:${effectivePort(app)}`
      const first = seen.get(claim)
      const path = ['apps', index, 'hosts', place]
      if (first === undefined) seen.set(claim, `apps[${index}].hosts[${place}]`)
      else report(path, () => `${first} has ${claim} already: a host and port belong to one app, once.`)
    }
  }
}

function checkNames(app: AppDraft, path: DocumentPath, known: KnownNames, report: Report): void {
  for (const [index, rule] of app.rules.entries()) {
    if (rule.action?.kind === 'require')
      checkRequirement(rule.action, [...path, 'rules', index, 'require'], known, report)
  }
}

function checkRequirement(
  { roles, permissions }: Extract<RuleAction, { kind: 'require' }>,
  path: DocumentPath,
  known: KnownNames,
  report: Report,
): void {
  for (const [index, role] of (roles ?? []).entries()) {
    if (known.roles.has(role)) continue
    report([...path, 'role', index], () => `No role "${role}" is defined.${suggestion(role, known.roles)}`)
  }
  for (const [index, name] of (permissions ?? []).entries()) {
    if (known.permissions.has(name)) continue
    report([...path, 'permission', index], () => `No role has "${name}".${suggestion(name, known.permissions)}`)
  }
}

function suggestion(word: string, known: ReadonlySet<string>): string {
  if (known.size === 0 || word.length > MAX_SUGGESTED_LENGTH) return ' Define it under "roles".'
  return ` Define it under "roles", or did you mean "${nearest(word, [...known])}"?`
}

/** Finds a rule whose every path an earlier one takes whole, for all its methods; a sum of several isn't looked for. */
function checkShadows(app: AppDraft, path: DocumentPath, report: Report): void {
  const index = createPathIndex()
  for (const [place, rule] of app.rules.entries()) {
    if (rule.paths.length === 0) continue
    const patterns = rule.paths.map(readPattern).filter((pattern) => typeof pattern !== 'string')
    const methods = methodsOf(rule)
    const covering = patterns.map((pattern) => app.rules[index.findCovering(pattern, methods)] ?? null)
    if (!covering.includes(null)) report([...path, 'rules', place], () => shadowed(rule, covering))
    for (const pattern of patterns) index.add(pattern, methods, place)
  }
}

function shadowed(rule: RuleDraft, covering: readonly (RuleDraft | null)[]): string {
  const lines = [...new Set(covering.flatMap((earlier) => earlier?.line ?? []))].join(', ')
  return `The rule on line ${rule.line} can never match: line ${lines} takes all of it first. Move it up or remove it.`
}
