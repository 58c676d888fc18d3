import { readHost } from '../lib/host.ts'
import { expandAlternatives } from './authelia-regex.ts'
import type { Conjunction } from './authelia-subject.ts'

/** One of the domains that a rule of Authelia's is for. */
export interface Domain {
  /** Hosts of a policy file that it names, `*.` in front for one label. */
  readonly hosts: readonly string[]
  /** Whether it takes a host of a policy file, which `*.` in front or `{login}.` makes one of many. */
  readonly match: (host: string) => DomainMatch
  /** What of it no host says, and what to do; null where all is said. */
  readonly advice: string | null
}

/** For certain, perhaps, not at all, or for those alone whom the host names. */
export type DomainMatch = 'yes' | 'perhaps' | 'no' | Conjunction

const LOGIN = '{login}'

/** Somebody who is signed in: on such a host a rule of ours is for its owner alone in any case. */
const WHOEVER: Conjunction = { user: null, groups: [] }

const NO_HOST = 'no host can be called that: leave it out'
const GROUP_HOSTS = 'hosts named after groups must be given one by one: add a rule for each in your file'
const OPEN_REGEX = 'only hosts can be given that are known by name: add each host that it is for under "domain"'

/** Reads an entry of `domain`. */
export function readDomain(text: string): Domain {
  const name = text.toLowerCase()
  for (const [prefix, read] of PREFIXES) if (name.startsWith(prefix)) return read(name.slice(prefix.length))
  const host = hostName(name)
  return {
    hosts: host === null ? [] : [host],
    match: (other) => (other === name ? 'yes' : 'no'),
    advice: adviceFor(host),
  }
}

/** Reads an entry of `domain_regex`; null where it isn't a regular expression that is understood here. */
export function readDomainRegex(source: string): Domain | null {
  const pattern = compile(source)
  const alternatives = expandAlternatives(source)?.map(readAlternative) ?? null
  if (pattern === null) return null
  const read = alternatives ?? [{ kind: 'open' as const, suffix: '' }]
  return {
    hosts: [...new Set(read.flatMap((alternative) => hostsOf(alternative)))],
    match: (host) => (isOne(host) ? matchOne(pattern, host) : matchMany(read, host)),
    advice: read.some(({ kind }) => kind === 'open') ? OPEN_REGEX : null,
  }
}

/** True for a host that is one and not a form for many. */
export function isOne(host: string): boolean {
  return !host.startsWith('*.') && !host.startsWith(`${LOGIN}.`)
}

const PREFIXES: readonly (readonly [prefix: string, read: (suffix: string) => Domain])[] = [
  ['*.', readWildcard],
  ['{user}.', readUserWildcard],
  ['{group}.', readGroupWildcard],
]

function readWildcard(suffix: string): Domain {
  const host = hostName(suffix)
  const match = (other: string): DomainMatch => (other.endsWith(`.${suffix}`) ? 'yes' : 'no')
  return { hosts: host === null ? [] : [`*.${host}`], match, advice: adviceFor(host) }
}

function readUserWildcard(suffix: string): Domain {
  const host = hostName(suffix)
  return {
    hosts: host === null ? [] : [`${LOGIN}.${host}`],
    match: (other) =>
      other === `${LOGIN}.${suffix}` ? WHOEVER : matchLabel(other, suffix, (user) => ({ user, groups: [] })),
    advice: adviceFor(host),
  }
}

function readGroupWildcard(suffix: string): Domain {
  const match = (other: string): DomainMatch => matchLabel(other, suffix, (group) => ({ user: null, groups: [group] }))
  return { hosts: [], match, advice: GROUP_HOSTS }
}

function matchLabel(host: string, suffix: string, whom: (label: string) => Conjunction): DomainMatch {
  const dot = host.indexOf('.')
  if (host.slice(dot + 1) !== suffix) return 'no'
  return isOne(host) ? whom(host.slice(0, dot)) : 'perhaps'
}

function matchOne(pattern: RegExp, host: string): DomainMatch {
  const found = pattern.exec(host)
  if (found === null) return 'no'
  const user = found.groups?.['User']
  const group = found.groups?.['Group']
  if (user === undefined && group === undefined) return 'yes'
  return { user: user ?? null, groups: group === undefined ? [] : [group] }
}

/** One alternative of an expression: a name, all below a name, or something that ends with this. */
interface Alternative {
  readonly kind: 'name' | 'below' | 'open'
  readonly suffix: string
}

const BELOW = /^\^?(?:\.[*+]|\[\^\.\]\+)\\\./

function readAlternative(source: string): Alternative {
  const below = BELOW.exec(source)
  const name = literal(source.slice(below?.[0].length ?? 1, -1))
  const isAnchored = source.endsWith('$') && (source.startsWith('^') || below !== null)
  if (isAnchored && name !== null) return { kind: below === null ? 'name' : 'below', suffix: name }
  const [, end = ''] = /((?:[a-z0-9-]|\\\.)*)\$$/i.exec(source) ?? []
  return { kind: 'open', suffix: (literal(end) ?? '').toLowerCase() }
}

function hostsOf({ kind, suffix }: Alternative): string[] {
  const host = kind === 'open' ? null : hostName(suffix)
  return host === null ? [] : [kind === 'name' ? host : `*.${host}`]
}

/** What an expression says of many hosts: a name alone is an app of its own and none of them. */
function matchMany(alternatives: readonly Alternative[], host: string): DomainMatch {
  const tail = host.slice(host.indexOf('.'))
  const isBelow = alternatives.some(({ kind, suffix }) => kind === 'below' && tail.endsWith(`.${suffix}`))
  if (isBelow) return 'yes'
  const mayEnd = ({ kind, suffix }: Alternative): boolean =>
    kind === 'open' && (tail.endsWith(suffix) || suffix.endsWith(tail))
  return alternatives.some(mayEnd) ? 'perhaps' : 'no'
}

/** The text that an expression without anything special stands for, or null. */
function literal(source: string): string | null {
  return /^(?:[a-z0-9-]|\\[.-])*$/i.test(source) ? source.replaceAll('\\', '').toLowerCase() : null
}

/** Case doesn't count, as hosts are compared in small letters by 4.39 and hold no others before. */
function compile(source: string): RegExp | null {
  try {
    return new RegExp(source.replaceAll('(?P<', '(?<'), 'i')
  } catch {
    return null
  }
}

function hostName(text: string): string | null {
  const host = readHost(text)
  return host === null || host.port !== null ? null : host.name
}

function adviceFor(host: string | null): string | null {
  return host === null ? NO_HOST : null
}
