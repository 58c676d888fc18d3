import { nearest } from '../lib/nearest.ts'
import { cardUrlMistake, isUrlOf } from './app-card.ts'
import { methodsOf } from './compile-rule.ts'
import { effectivePort, indexedName } from './host-index.ts'
import { createPathIndex } from './path-index.ts'
import { parsePattern } from './pattern.ts'
import { ADMIN_ROLE } from './policy.ts'
import type { PolicyTest, Requirement } from './policy.ts'
import type { AppDraft, PolicyDraft } from './policy-draft.ts'
import type { Report } from './policy-schema.ts'
import type { RuleDraft } from './rule-draft.ts'
import type { DocumentPath } from './yaml-document.ts'

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
  checkCardUrls(draft.apps, report)
  const known: KnownNames = {
    roles: new Set([...draft.roles.keys(), ADMIN_ROLE]),
    permissions: new Set([...draft.roles.values()].flat()),
  }
  for (const [index, app] of draft.apps.entries()) {
    checkNames(app, ['apps', index], known, report)
    checkShadows(app, ['apps', index], report)
  }
  checkRoleNames(draft.secondFactor?.roles ?? [], ['second_factor', 'roles'], known, report)
  for (const [index, test] of draft.tests.entries()) checkTest(test, ['tests', index], known, report)
}

function checkTest(test: PolicyTest | null, path: DocumentPath, known: KnownNames, report: Report): void {
  checkRoleNames(test?.as?.roles ?? [], [...path, 'as', 'roles'], known, report)
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
      const claim = `${indexedName(host)}:${effectivePort(app)}`
      const first = seen.get(claim)
      const path = ['apps', index, 'hosts', place]
      if (first === undefined) seen.set(claim, `apps[${index}].hosts[${place}]`)
      else report(path, () => `${first} has ${claim} already: a host and port belong to one app, once.`)
    }
  }
}

function checkCardUrls(apps: readonly AppDraft[], report: Report): void {
  for (const [index, { card, ...app }] of apps.entries()) {
    const url = card?.url ?? null
    if (url === null || cardUrlMistake(url) !== null || isUrlOf(app, url)) continue
    report(['apps', index, 'url'], () => "Is not on one of the app's own hosts, with its scheme and port.")
  }
}

function checkNames(app: AppDraft, path: DocumentPath, known: KnownNames, report: Report): void {
  for (const [index, rule] of app.rules.entries()) {
    if (rule.action?.kind === 'require')
      checkRequirement(rule.action, [...path, 'rules', index, 'require'], known, report)
  }
}

function checkRequirement(
  { roles, permissions }: Requirement,
  path: DocumentPath,
  known: KnownNames,
  report: Report,
): void {
  checkRoleNames(roles ?? [], [...path, 'role'], known, report)
  for (const [index, name] of (permissions ?? []).entries()) {
    if (known.permissions.has(name)) continue
    report([...path, 'permission', index], () => `No role has "${name}".${suggestion(name, known.permissions)}`)
  }
}

function checkRoleNames(names: readonly string[], path: DocumentPath, { roles }: KnownNames, report: Report): void {
  for (const [index, role] of names.entries()) {
    if (roles.has(role)) continue
    report([...path, index], () => `No role "${role}" is defined.${suggestion(role, roles)}`)
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
    const patterns = rule.paths.map(parsePattern)
    const methods = methodsOf(rule)
    const covering = patterns.map((pattern) => app.rules[index.findCovering(pattern, methods)] ?? null)
    if (!covering.includes(null)) report([...path, 'rules', place], () => shadowed(rule, covering))
    if (decidesForAll(rule))
      for (const pattern of patterns) index.add(pattern, { order: place, methods, networks: null })
  }
}

/** What only some clients meet, or what only adds or watches, takes nothing from the rules below. */
function decidesForAll({ networks, query, monitor }: RuleDraft): boolean {
  return networks === null && query === null && !monitor
}

function shadowed(rule: RuleDraft, covering: readonly (RuleDraft | null)[]): string {
  const earlier = [...new Set(covering)].filter((each) => each !== null)
  const what = earlier.map((each) => `line ${each.line} (${does(each)})`).join(' and ')
  return `The rule on line ${rule.line} (${does(rule)}) can never match: ${what} takes all of it first. Move it up or remove it.`
}

function does({ action }: RuleDraft): string {
  if (action === null) return 'not readable'
  return { anyone: 'allow: anyone', deny: 'deny: true', require: 'require' }[action.kind]
}
