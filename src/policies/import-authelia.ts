import { readAutheliaConfig } from './authelia-config.ts'
import type { AutheliaConfig, AutheliaRule, Doubt } from './authelia-config.ts'
import { isOne } from './authelia-domain.ts'
import { emitRules } from './authelia-emit.ts'
import type { EmittedRule, HostRule } from './authelia-emit.ts'
import { pruneRules } from './authelia-prune.ts'
import { createRoleBook, freeName } from './authelia-roles.ts'
import type { RoleBook } from './authelia-roles.ts'
import { both, EVERYBODY, union } from './authelia-subject.ts'
import type { Conjunction, People } from './authelia-subject.ts'
import type { Telling } from './authelia-values.ts'
import { toRuleDocument } from './authelia-write.ts'
import type { AppDocument, PolicyDocument, RuleDocument } from './authelia-write.ts'
import { inOrder, readYaml } from './yaml-document.ts'
import type { DocumentMistake, DocumentPath, YamlDocument } from './yaml-document.ts'

/** One thing that the operator should know about his rules. */
export interface ImportFinding extends DocumentMistake {
  /** With a loss the policy lets fewer requests pass than Authelia, or asks more of people; never the other way. */
  readonly kind: 'note' | 'loss'
}

/** What became of a configuration, or what keeps it from being read. */
export type ImportOutcome =
  | { readonly kind: 'imported'; readonly policy: PolicyDocument; readonly findings: readonly ImportFinding[] }
  | { readonly kind: 'unreadable'; readonly mistakes: readonly DocumentMistake[] }

/**
 * Turns Authelia's `access_control` (4.37 to 4.39) into a policy of ours that never lets anybody pass whom Authelia
 * keeps out, nor with fewer factors. What our rules can't say becomes the strictest of what Authelia may have done
 * there, down to `deny`, and is a finding.
 */
export function importAuthelia(text: string): ImportOutcome {
  const document = readYaml(text)
  if (Array.isArray(document)) return { kind: 'unreadable', mistakes: document }
  const mistakes = [...document.badKeys]
  const findings: ImportFinding[] = []
  const tell = createTelling(document, mistakes, findings)
  const config = readAutheliaConfig(document.value, tell)
  if (mistakes.length > 0) return { kind: 'unreadable', mistakes: inOrder(mistakes) }
  const policy = toPolicyDocument(config, document, tell)
  return { kind: 'imported', policy, findings: withoutRepetitions(findings) }
}

function createTelling(document: YamlDocument, mistakes: DocumentMistake[], findings: ImportFinding[]): Telling {
  const find = (kind: ImportFinding['kind'], place: DocumentPath, message: string): void => {
    findings.push({ kind, ...document.mistakeAt(place, message) })
  }
  return {
    mistake: (place, message) => mistakes.push(document.mistakeAt(place, message)),
    note: (place, message) => find('note', place, message),
    loss: (place, message) => find('loss', place, message),
  }
}

function withoutRepetitions(findings: readonly ImportFinding[]): ImportFinding[] {
  const byText = new Map(findings.map((finding) => [JSON.stringify(finding), finding]))
  return [...byText.values()].toSorted((one, other) => one.line - other.line || one.column - other.column)
}

function toPolicyDocument(config: AutheliaConfig, document: YamlDocument, tell: Telling): PolicyDocument {
  const book = createRoleBook()
  const hosts = hostsOf(config)
  tellOfHosts(config, hosts, tell)
  const byRules = new Map<string, { hosts: string[]; rules: readonly RuleDocument[] }>()
  for (const host of hosts) {
    const rules = rulesFor(host, config, tell).map((rule) => writeRule(rule, { book, document, tell }))
    const key = JSON.stringify([isOne(host), host.startsWith('{'), rules])
    const app = byRules.get(key)
    if (app === undefined) byRules.set(key, { hosts: [host], rules })
    else app.hosts.push(host)
  }
  for (const [group, role] of book.renamed()) {
    tell.note(
      ['access_control', 'rules'],
      `The group "${group}" became the role ${role}: role names are in small letters.`,
    )
  }
  return { roles: book.roles(), apps: nameApps([...byRules.values()]) }
}

function nameApps(apps: readonly Omit<AppDocument, 'name'>[]): AppDocument[] {
  const taken = new Set<string>()
  return apps.map((app) => {
    const name = freeName((app.hosts[0] ?? '').replace('*.', 'any.').replace('{login}.', 'own.'), taken)
    taken.add(name)
    return { name, ...app }
  })
}

/** A host for the visitor's own name isn't told from one of many, so only one of the two can be an app. */
function hostsOf({ rules }: AutheliaConfig): string[] {
  const named = new Set(rules.flatMap(({ domains }) => domains.flatMap(({ hosts }) => hosts)))
  return [...named].filter((host) => !named.has(host.replace('{login}.', '*.')) || !host.startsWith('{'))
}

function rulesFor(host: string, { rules, defaultLevel }: AutheliaConfig, tell: Telling): EmittedRule[] {
  const { rules: emitted, losses } = emitRules(
    rules.flatMap((rule) => hostRuleOf(rule, host, tell) ?? []),
    defaultLevel,
  )
  for (const { place, message } of losses) tell.loss(place, message)
  return pruneRules(emitted)
}

function hostRuleOf(rule: AutheliaRule, host: string, tell: Telling): HostRule | null {
  const matches = rule.domains.map((domain) => ({ domain, match: domain.match(host) }))
  if (matches.some(({ match }) => match === 'yes')) return { rule, people: rule.people, doubts: [] }
  const perhaps = matches.filter(({ match }) => match === 'perhaps')
  const doubts = perhaps.map(({ domain: { place } }): Doubt => {
    return { place, message: `Which hosts of ${host} this is for can't be told: name them one by one under "domain".` }
  })
  if (doubts.length > 0) return { rule, people: rule.people, doubts }
  const named = matches.flatMap(({ domain, match }) => (typeof match === 'string' ? [] : [{ domain, match }]))
  if (named.length === 0) return null
  // An owner who needs no more than to sign in is left out: nearly nobody is called what a host is called.
  const owners = named.filter(({ match }) => match.user !== null && !['two_factor', 'deny'].includes(rule.level))
  for (const { domain } of owners) {
    tell.loss(
      domain.place,
      'Hosts that rules name one by one are nobody\'s own here: let people in there by "subject".',
    )
  }
  const conjunctions = named.filter((each) => !owners.includes(each)).map(({ match }) => match)
  return { rule, people: narrow(rule.people, conjunctions), doubts }
}

/** Where the domain names somebody, the rule is for him alone, whomever else it is for. */
function narrow(people: People | null, conjunctions: readonly Conjunction[]): People {
  const named = union(conjunctions, [])
  return both(people ?? EVERYBODY, named) ?? []
}

function tellOfHosts({ rules, defaultLevel }: AutheliaConfig, hosts: readonly string[], tell: Telling): void {
  if (defaultLevel !== 'deny') {
    tell.loss(['access_control', 'default_policy'], 'Hosts that no rule names are forbidden here: add an app for each.')
  }
  for (const rule of rules.filter(({ level }) => level !== 'deny')) {
    for (const { advice, place } of rule.domains) {
      if (advice !== null) tell.loss(place, `Not every host of this is told: ${advice}.`)
    }
    if (rule.queries !== null) {
      tell.loss([...rule.place, 'query'], 'Parameters only add to what rules without them ask: this lets nobody pass.')
    }
    const own = hosts.find(
      (host) => host.startsWith('{') && rule.domains.some((domain) => domain.match(host) === 'yes'),
    )
    if (own !== undefined) tell.loss(rule.place, `On ${own} nobody but its owner passes: give others hosts by name.`)
  }
  for (const host of hosts.filter((name) => name.startsWith('*.'))) {
    const place = rules.flatMap(({ domains }) => domains).find(({ hosts: named }) => named.includes(host))?.place
    tell.note(place ?? [], `${host} stands for one label more: add an app for hosts that have several.`)
  }
}

interface Writing {
  readonly book: RoleBook
  readonly document: YamlDocument
  readonly tell: Telling
}

function writeRule(rule: EmittedRule, { book, document, tell }: Writing): RuleDocument {
  const required = rule.outcome.kind === 'require' ? book.require(rule.outcome) : null
  if (required?.advice) tell.loss(rule.from[0] ?? [], required.advice)
  const lines = [...new Set(rule.from.map((place) => document.mistakeAt(place, '').line))]
  return toRuleDocument(rule, required?.requirement ?? null, lines)
}
