import fc from 'fast-check'
import type { FactorTimes, Principal } from '../../src/lib/principal.ts'
import type { Policy, PolicyRule, RuleAction } from '../../src/policies/policy.ts'
import { NOW, principal } from './fixture.ts'
import type { Question } from './reference.ts'

/** Roles of every generated policy, with their permissions. */
export const ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['a', ['x:read']],
  ['b', ['x:read', 'x:write']],
  ['c', []],
])

const MINUTE_MS = 60_000
const ONE: FactorTimes = { password: NOW - 5 * MINUTE_MS }
const TWO: FactorTimes = { password: NOW - 90 * MINUTE_MS, totp: NOW - MINUTE_MS }

/** Nobody, each role, several roles, each login that patterns may mean, one and two factors. */
export const VISITORS: readonly (Principal | null)[] = [
  null,
  principal('alice', [], ONE),
  principal('alice', ['a', 'b', 'c'], TWO),
  principal('bob', ['a'], ONE),
  principal('bob', ['b'], TWO),
  principal('carol', ['c'], { password: NOW - 120 * MINUTE_MS }),
]

const SEGMENTS = ['admin', 'Admin', 'public', 'a', 'b c', 'café', '~{login}', '*', 'x.php', 'Secret', '.d', 'ß']
const segment = fc.constantFrom(...SEGMENTS)

/** Patterns of the policy file; few different segments, so that rules meet. */
export const pattern = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '/', '/**', '/**', '/**'))
  .map(([segments, end]) => `/${onlyOneLogin(segments).join('/')}${end}`)
  .map((text) => (text.startsWith('//') ? text.slice(1) : text))

const requirement = fc.record({
  kind: fc.constant('require' as const),
  roles: fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 })),
  permissions: fc.option(fc.subarray(['x:read', 'x:write'], { minLength: 1 }), { freq: 2 }),
  users: fc.option(fc.subarray(['alice', 'bob'], { minLength: 1 }), { freq: 1 }),
  factors: fc.constantFrom<1 | 2>(1, 1, 2),
  maxAuthAgeMs: fc.option(fc.constant(60 * MINUTE_MS), { freq: 1 }),
})
const others = fc.constantFrom<RuleAction>({ kind: 'anyone' }, { kind: 'anyone' }, { kind: 'anyone' }, { kind: 'deny' })
const action: fc.Arbitrary<RuleAction> = fc.oneof(others, requirement)

const rule: fc.Arbitrary<PolicyRule> = fc
  .record({
    line: fc.constant(1),
    paths: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    methods: fc.option(fc.subarray(['GET', 'HEAD', 'POST', 'PROPFIND'], { minLength: 1 }), { freq: 1 }),
    networks: fc.option(fc.subarray(['10.0.0.0/8', '10.2.0.0/15'], { minLength: 1 }), { freq: 1 }),
    query: fc.option(
      fc.constantFrom(
        new Map([['do', ['x', 'y']]]),
        new Map<string, string[] | null>([
          ['do', ['y']],
          ['p', null],
        ]),
      ),
      { freq: 1 },
    ),
    monitor: fc.constantFrom(false, false, false, false, true),
    identify: fc.constant(false),
    action,
  })
  // As the policy file has it: a login is for rules that require somebody.
  .map((each) => (each.action.kind === 'require' ? each : { ...each, paths: each.paths.map(withoutLogin) }))

/** Rules of one app, mostly with one for all that no other takes. */
export const rules = fc
  .tuple(fc.array(rule, { minLength: 1, maxLength: 5 }), fc.option(action, { freq: 3 }))
  .map(([list, last]) => (last === null ? list : [...list, forAll(last)]))

/** What of a request rules look at besides its path. */
export const question: fc.Arbitrary<Question> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PROPFIND'),
  query: fc.constantFrom('', '', '?do=x', '?do=y&p=1', '?p'),
  clientAddress: fc.constantFrom('203.0.113.7', '203.0.113.7', '10.1.0.1', '10.2.0.1'),
})

/** Paths in which nothing can be read in two ways, but for a last `/` and a format. */
export const plainPath = fc
  .tuple(
    fc.array(fc.constantFrom('admin', 'public', 'a', 'secret', 'x', '~alice', '~bob', '.d'), { maxLength: 4 }),
    fc.constantFrom('', '', '', '/', '/', '.php', '.php.d'),
  )
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? '' : end}`)

const NAMES = [
  'admin',
  'Admin',
  'public',
  'a',
  'b%20c',
  'caf%C3%A9',
  '~alice',
  '~bob',
  'x.php',
  'Secret',
  '.d',
  '%C3%9F',
  '%C5%BFecret',
  'z',
]
const SEPARATORS = [
  '/',
  '/',
  '/',
  '/',
  '/',
  '//',
  '/./',
  '/../',
  '/%2e%2e/',
  '/..%2f',
  '%2f',
  '%2F..%2F',
  '/..;/',
  '/;/',
  '%5c',
  '/..%5c',
]
const MORE_SEPARATORS = [
  '/%252e%252e/',
  '%252f',
  '/z/../',
  '/..%20/',
  '/%EF%BC%8E%EF%BC%8E/',
  '%EF%BC%8F',
  '/(S(z))/',
  '//z/',
]
const ENDS = [
  '',
  '',
  '',
  '',
  '',
  '.',
  '%20',
  '%20.',
  ';z=1',
  '%3Bz',
  '::$DATA',
  ':$i30:$INDEX_ALLOCATION',
  '%3f',
  '%23z',
  '%C2%AD',
]

/** Mostly as it is, so that not every path has more readings than are judged. */
const piece = fc.tuple(
  fc.oneof(fc.constant('/'), fc.constantFrom(...SEPARATORS, ...MORE_SEPARATORS)),
  fc.constantFrom(...NAMES),
  fc.oneof(fc.constant(''), fc.constantFrom(...ENDS)),
  fc.oneof(fc.constant(keep), fc.constantFrom(keep, capital, small, escapeOne, escapeTwice, fullWidth, decompose)),
)

/** Paths shaped like those by which rules are got round: names of the patterns, changed in one way or two. */
export const oddPath = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '/', '/.', '/..'))
  .map(([pieces, end]) => pieces.map(([before, name, after, change]) => before + change(name) + after).join('') + end)
  .map((path) => (path.startsWith('/') ? path : `/${path}`))

/** A policy of one app on `app.test`. */
export function policyFrom(list: readonly PolicyRule[]): Policy {
  const identity = { headers: new Map<string, string>(), charset: 'percent-utf8', assertion: false } as const
  const app = { name: 'app', hosts: ['app.test'], scheme: 'https', port: null, rules: list, identity } as const
  return { roles: ROLES, apps: [{ ...app, aliasGuard: 'refuse', pathBytes: 'utf8', outage: 'grace' }], tests: [] }
}

function forAll(last: RuleAction): PolicyRule {
  const nothing = { methods: null, networks: null, query: null, monitor: false, identify: false }
  return { ...nothing, line: 1, paths: ['/**'], action: last }
}

function onlyOneLogin(segments: readonly string[]): readonly string[] {
  const first = segments.indexOf('~{login}')
  return segments.map((each, place) => (place === first ? each : withoutLogin(each)))
}

function withoutLogin(text: string): string {
  return text.replaceAll('~{login}', 'a')
}

function keep(name: string): string {
  return name
}

function capital(name: string): string {
  return name.replace(/^[~.]?[a-z]/, (start) => start.toUpperCase())
}

function small(name: string): string {
  return name.toLowerCase()
}

function escapeOne(name: string): string {
  return name.replace(/[a-z](?![0-9a-f])/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
}

function escapeTwice(name: string): string {
  return escapeOne(name).replace('%', '%25')
}

function fullWidth(name: string): string {
  return name.replace(/[a-z](?![0-9a-f])/, (letter) =>
    encodeURIComponent(String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  )
}

function decompose(name: string): string {
  return name.replace('%C3%A9', 'e%CC%81')
}
