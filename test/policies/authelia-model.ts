import { posix } from 'node:path'

/** What of Authelia's configuration the model reads, in the shape of its file. */
export interface ModelConfig {
  readonly access_control: {
    readonly default_policy: string
    readonly networks?: readonly { readonly name: string; readonly networks: readonly string[] }[]
    readonly rules: readonly ModelRule[]
  }
}

export interface ModelRule {
  readonly domain?: string | readonly string[]
  readonly domain_regex?: string | readonly string[]
  readonly policy: string
  readonly subject?: string | readonly (string | readonly string[])[]
  readonly methods?: readonly string[]
  readonly networks?: readonly string[]
  readonly resources?: readonly string[]
  readonly query?: readonly (readonly { readonly key: string; readonly operator?: string; readonly value?: string }[])[]
}

export interface ModelRequest {
  readonly host: string
  readonly method: string
  /** As it is sent. */
  readonly path: string
  /** Without `?`; empty where there is none. */
  readonly query: string
  readonly client: string
}

export interface ModelPerson {
  readonly login: string
  readonly groups: readonly string[]
  readonly factors: 1 | 2
}

/**
 * Whether Authelia lets a request pass, as its documentation has it: the first rule of which all criteria match decides,
 * and for nobody signed in every subject matches, as he may turn out to be anybody.
 */
export function modelAllows(
  { access_control: control }: ModelConfig,
  request: ModelRequest,
  person: ModelPerson | null,
): boolean {
  const names = new Map((control.networks ?? []).map(({ name, networks }) => [name, networks]))
  const rule = control.rules.find((each) => matches(each, names, request, person))
  const level = rule?.policy ?? control.default_policy
  const needed = { bypass: 0, one_factor: 1, two_factor: 2 }[level] ?? Number.POSITIVE_INFINITY
  return (person?.factors ?? 0) >= needed
}

function matches(
  rule: ModelRule,
  names: ReadonlyMap<string, readonly string[]>,
  { host, method, path, query, client }: ModelRequest,
  person: ModelPerson | null,
): boolean {
  const clean = cleanPath(decodeURIComponent(path))
  const target = query === '' ? clean : `${clean}?${query}`
  const networks = rule.networks?.flatMap((name) => names.get(name) ?? [name]) ?? []
  return (
    isDomain(rule, host, person) &&
    any(rule.resources, (resource) => new RegExp(resource).test(target)) &&
    any(rule.query, (all) => all.every((one) => isQuery(one, new URLSearchParams(query)))) &&
    any(rule.methods, (name) => name.toUpperCase() === method) &&
    any(networks, (network) => isInNetwork(network, client)) &&
    (person === null || any(list(rule.subject), (all) => list(all).every((subject) => isSubject(subject, person))))
  )
}

/** Decoded once, then cleaned as Go does, but for a last `/`. */
function cleanPath(path: string): string {
  return posix.normalize(path.replace(/\/+/g, '/'))
}

function isDomain(rule: ModelRule, host: string, person: ModelPerson | null): boolean {
  return (
    list(rule.domain).some((domain) => {
      if (domain.startsWith('*.')) return host.endsWith(domain.slice(1))
      const dot = host.indexOf('.')
      const label = host.slice(0, dot)
      if (domain.startsWith('{user}')) return host.slice(dot) === domain.slice(6) && (person?.login ?? label) === label
      if (domain.startsWith('{group}'))
        return host.slice(dot) === domain.slice(7) && (person === null || person.groups.includes(label))
      return domain === host
    }) ||
    list(rule.domain_regex).some((regex) => {
      const found = new RegExp(regex.replaceAll('(?P<', '(?<'), 'i').exec(host)
      const { User: user, Group: group } = found?.groups ?? {}
      if (found === null || person === null) return found !== null
      return (user ?? person.login) === person.login && (group === undefined || person.groups.includes(group))
    })
  )
}

function isQuery(
  { key, operator, value }: { readonly key: string; readonly operator?: string; readonly value?: string },
  query: URLSearchParams,
): boolean {
  const found = query.get(key) ?? ''
  switch (operator ?? (value === undefined ? 'present' : 'equal')) {
    case 'present':
      return query.has(key)
    case 'absent':
      return !query.has(key)
    case 'equal':
      return found === value
    case 'not equal':
      return found !== value
    case 'pattern':
      return new RegExp(value ?? '').test(found)
    default:
      return !new RegExp(value ?? '').test(found)
  }
}

function isSubject(subject: string, { login, groups }: ModelPerson): boolean {
  return subject.startsWith('user:')
    ? subject === `user:${login}`
    : groups.some((group) => subject === `group:${group}`)
}

/** IPv4 alone. */
function isInNetwork(network: string, client: string): boolean {
  const [address = '', prefix = '32'] = network.split('/')
  const size = 2 ** (32 - Number(prefix))
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(client) / size)
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function any<T>(criteria: readonly T[] | undefined, test: (one: T) => boolean): boolean {
  return criteria === undefined || criteria.length === 0 || criteria.some(test)
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]
}
