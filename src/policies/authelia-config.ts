import { readPeople, readQueries } from './authelia-criteria.ts'
import { EVERYTHING, readCidr } from './authelia-region.ts'
import type { Cidr } from './authelia-region.ts'
import { readDomain, readDomainRegex } from './authelia-domain.ts'
import type { Domain } from './authelia-domain.ts'
import type { Level } from './authelia-outcome.ts'
import { EVERY_PATH, joinCriteria, readResource } from './authelia-resource.ts'
import type { PathCriteria } from './authelia-resource.ts'
import type { People } from './authelia-subject.ts'
import { METHODS, methodNumber } from './method.ts'
import type { MethodSet } from './method.ts'
import { field, isMap, listAt, textsAt } from './authelia-values.ts'
import type { Telling } from './authelia-values.ts'
import type { QueryCondition } from './query-condition.ts'
import type { DocumentPath } from './yaml-document.ts'

/** One rule of Authelia's `access_control`, all of its criteria told in our terms. */
export interface AutheliaRule {
  readonly place: DocumentPath
  readonly domains: readonly PlacedDomain[]
  readonly paths: PathCriteria
  readonly methods: MethodSet
  readonly networks: readonly Cidr[] | null
  /** Any one of these queries; null where the rule asks for none. */
  readonly queries: readonly QueryCondition[] | null
  /** Null where the rule is for everybody, signed in or not. */
  readonly people: People | null
  readonly level: Level
  /** Why it isn't certain what the rule matches. */
  readonly doubts: readonly Doubt[]
  /** True where a criterion isn't told at all, so that the rule may match less than the other criteria say. */
  readonly open: boolean
}

export interface PlacedDomain extends Domain {
  readonly place: DocumentPath
}

/** What can't be said in our terms, where it stands, and what to do. */
export interface Doubt {
  readonly place: DocumentPath
  readonly message: string
}

/** `access_control` as it was read. */
export interface AutheliaConfig {
  readonly rules: readonly AutheliaRule[]
  readonly defaultLevel: Level
}

const LEVELS: readonly string[] = ['bypass', 'one_factor', 'two_factor', 'deny'] satisfies Level[]

/** Reads the parts of Authelia's configuration (4.37 to 4.39) that say who may open what. */
export function readAutheliaConfig(document: unknown, tell: Telling): AutheliaConfig {
  const control = field(document, 'access_control')
  if (!isMap(control)) {
    tell.mistake([], 'There is no access_control here: name the file of your configuration that has it.')
    return { rules: [], defaultLevel: 'deny' }
  }
  const place = ['access_control']
  const networks = readDefinitions(document, control, tell)
  const rules = listAt(control['rules'], [...place, 'rules'])
  return {
    rules: rules.map(({ value, at }) => readRule(value, at, networks, tell)),
    defaultLevel: readLevel(control['default_policy'] ?? 'deny', [...place, 'default_policy'], tell),
  }
}

function readRule(
  rule: unknown,
  place: DocumentPath,
  definitions: ReadonlyMap<string, readonly Cidr[]>,
  tell: Telling,
): AutheliaRule {
  const doubts: Doubt[] = []
  const resources = textsAt(rule, 'resources', place, tell).map(({ text, at }) => {
    const { criteria, advice } = readResource(text)
    if (advice !== null) doubts.push({ place: at, message: `"${text}" has no exact path: ${advice}.` })
    return criteria
  })
  const queries = readQueries(field(rule, 'query'), [...place, 'query'], tell)
  if (queries === 'open') {
    doubts.push({
      place: [...place, 'query'],
      message: 'Only parameters that are there, or equal something, can be told.',
    })
  }
  const people = readPeople(field(rule, 'subject'), [...place, 'subject'], tell)
  const level = readLevel(field(rule, 'policy'), [...place, 'policy'], tell)
  if (people !== null && level === 'bypass') {
    tell.loss([...place, 'policy'], 'Who somebody is shows when he has signed in: this became one_factor.')
  }
  return {
    place,
    domains: readDomains(rule, place, tell),
    paths: resources.length === 0 ? EVERY_PATH : joinCriteria(resources),
    methods: readMethods(rule, place, tell),
    networks: readNetworksOf(rule, place, definitions, tell),
    queries: queries === 'open' ? null : queries,
    people,
    level,
    doubts,
    open: queries === 'open',
  }
}

function readLevel(value: unknown, place: DocumentPath, tell: Telling): Level {
  const level = LEVELS.find((name) => name === value) as Level | undefined
  if (level === undefined) tell.mistake(place, 'Must be one of bypass, one_factor, two_factor and deny.')
  return level ?? 'deny'
}

function readDomains(rule: unknown, place: DocumentPath, tell: Telling): PlacedDomain[] {
  const named = textsAt(rule, 'domain', place, tell).map(({ text, at }) => ({ ...readDomain(text), place: at }))
  const matched = textsAt(rule, 'domain_regex', place, tell).flatMap(({ text, at }) => {
    const domain = readDomainRegex(text)
    if (domain === null) tell.mistake(at, 'This regular expression is not understood: write it without flags.')
    return domain === null ? [] : [{ ...domain, place: at }]
  })
  const domains = [...named, ...matched]
  if (domains.length === 0)
    tell.mistake(place, 'A rule has domain or domain_regex: without one Authelia does not start.')
  return domains
}

/** Authelia compares in capital letters; a method beyond our list is refused by us in any case. */
function readMethods(rule: unknown, place: DocumentPath, tell: Telling): MethodSet {
  const named = textsAt(rule, 'methods', place, tell)
  if (named.length === 0) return EVERYTHING.methods
  let set: MethodSet = 0
  for (const { text, at } of named) {
    const number = methodNumber(text.toUpperCase())
    if (number === null) tell.note(at, `Requests with ${text} never pass here; methods are ${METHODS.join(' ')}.`)
    else set |= 1 << number
  }
  return set
}

function readNetworksOf(
  rule: unknown,
  place: DocumentPath,
  definitions: ReadonlyMap<string, readonly Cidr[]>,
  tell: Telling,
): readonly Cidr[] | null {
  const named = textsAt(rule, 'networks', place, tell)
  if (named.length === 0) return null
  return named.flatMap(({ text, at }) => definitions.get(text) ?? readNetwork(text, at, tell))
}

/** The named networks: `definitions.network` since 4.39, a list in `access_control` before. */
function readDefinitions(document: unknown, control: unknown, tell: Telling): Map<string, readonly Cidr[]> {
  const found = new Map<string, readonly Cidr[]>()
  const place = ['access_control', 'networks']
  for (const { value, at } of listAt(field(control, 'networks'), place)) {
    const name = field(value, 'name')
    const list = textsAt(value, 'networks', at, tell).flatMap(({ text, at: where }) => readNetwork(text, where, tell))
    if (typeof name === 'string') found.set(name, list)
    else tell.mistake(at, 'Must be a map with name and networks.')
  }
  const defined = field(field(document, 'definitions'), 'network')
  for (const name of isMap(defined) ? Object.keys(defined) : []) {
    const list = textsAt(defined, name, ['definitions', 'network'], tell)
    found.set(
      name,
      list.flatMap(({ text, at }) => readNetwork(text, at, tell)),
    )
  }
  return found
}

function readNetwork(text: string, place: DocumentPath, tell: Telling): Cidr[] {
  const network = readCidr(text)
  if (network === null)
    tell.mistake(place, `"${text}" is neither a network nor the name of one: define it, or mend it.`)
  return network === null ? [] : [network]
}
