import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readHost } from '../../src/lib/host.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { readTarget } from '../../src/lib/target.ts'
import { toYaml } from '../../src/policies/authelia-write.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { importAuthelia } from '../../src/policies/import-authelia.ts'
import { modelAllows } from './authelia-model.ts'
import type { ModelConfig, ModelPerson, ModelRequest, ModelRule } from './authelia-model.ts'
import { policyOf } from './fixture.ts'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 800)

/** What is carried over as it is. */
const EXACT_RESOURCES = [
  '^/api([/?].*)?$',
  '^/api/v1(/.*|\\?.*)?$',
  '^/api/.*$',
  '^/api/',
  '^/(api|admin)/users([/?].*)?$',
  '^/admin(?:[?/].*)?$',
  '^/admin/users(\\?.*)?$',
  '^/files/v1\\.0([/?].*)?$',
  '^/',
  '.*',
]
const OTHER_RESOURCES = [
  '^/api$',
  '^/api',
  '^/api.*',
  '/users',
  '^/admin/.+$',
  '^/(api/.*|admin)$',
  '^/api/[^/]+/x([/?].*)?$',
  '^/api/[^/?]+/?(\\?.*)?$',
  '^/files/\\d+$',
  '^/files/v1.0/',
  '\\.css$',
  'q=1',
  '^/(.*)/users$',
  '^/api(/.*)?$',
  '^/$',
  '^/admin/?$',
  '^/api|^/admin$',
]
const PATHS = [
  '/',
  '/api',
  '/api/',
  '/api/v1',
  '/api/v1/x',
  '/api/users',
  '/api/users/x',
  '/apix',
  '/admin',
  '/admin/',
  '/admin/users',
  '/admin/users/x',
  '/admin/x.css',
  '/adminx',
  '/files/7',
  '/files/v1.0/x',
  '/files/v1x0/x',
  '/other/users',
]
/** What servers read in several ways. */
const ODD_PATHS = [
  '/admin%3Fx',
  '/api%3Fx/y',
  '/api/a%3Fb/x',
  '/%61dmin/users',
  '/api/..%2fadmin/users',
  '/api/../admin',
  '/api/%2e%2e/admin/users',
  '//admin//users',
  '/Admin/users',
  '/admin;x=1/users',
  '/files/a%2Fb',
  '/api/a%2Fb/x',
]
const GROUPS = ['admins', 'devs', 'fred']
const DOMAINS = [
  'a.test',
  'b.test',
  'a.sub.test',
  '*.test',
  '*.sub.test',
  '{user}.test',
  '{user}.sub.test',
  '{group}.test',
]
const HOSTS = ['a.test', 'b.test', 'fred.test', 'admins.test', 'a.sub.test', 'fred.sub.test', 'x.sub.test', 'x.y.test']
const REGEXES = [
  '^(a|b)\\.test$',
  '^.*\\.test$',
  '^[^.]+\\.sub\\.test$',
  '^(?P<User>\\w+)\\.test$',
  '^(?P<Group>\\w+)\\.sub\\.test$',
  '^a.*$',
  'sub',
]
const CLIENTS = ['10.0.0.1', '10.1.0.1', '192.0.2.7']
const NETWORKS = ['office', '10.1.0.0/16', '10.0.0.9/8', '192.0.2.7']
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE']
const QUERIES = ['', '', 'q=1', 'action=delete', 'action=save&q=/api', 'x=.css']

const subjectName = fc.constantFrom(...GROUPS.map((name) => `group:${name}`), 'user:fred', 'user:ann')
const subject = fc.oneof(
  subjectName,
  fc.array(fc.oneof(subjectName, fc.array(subjectName, { minLength: 1, maxLength: 3 })), {
    minLength: 1,
    maxLength: 3,
  }),
)
const condition = fc.constantFrom(
  { key: 'q' },
  { key: 'action', value: 'delete' },
  { key: 'action', operator: 'absent' },
  { key: 'q', operator: 'not equal', value: '1' },
  { key: 'q', operator: 'pattern', value: '^[0-9]$' },
)

/** Any set of a few of these. */
function few<T>(from: readonly T[]): fc.Arbitrary<T[]> {
  return fc.subarray([...from], { minLength: 1, maxLength: 3 })
}

function criteria(resources: readonly string[]) {
  return { methods: few(METHODS), networks: few(NETWORKS), resources: few(resources) }
}

/** Any rule that Authelia takes. */
const anyRule: fc.Arbitrary<ModelRule> = fc.record(
  {
    ...criteria([...EXACT_RESOURCES, ...OTHER_RESOURCES]),
    domain: few(DOMAINS),
    domain_regex: few(REGEXES),
    subject,
    query: fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
    policy: fc.constantFrom('bypass', 'one_factor', 'two_factor', 'deny'),
  },
  { requiredKeys: ['domain', 'policy'] },
)

/** Rules that ours can say: for groups always the same number of factors. */
const exactRule = (level: string): fc.Arbitrary<ModelRule> => {
  const common = { ...criteria(EXACT_RESOURCES), domain: few(DOMAINS.slice(0, 5)) }
  const group = fc.constantFrom(...GROUPS.map((name) => `group:${name}`))
  const forGroups = { ...common, policy: fc.constant(level), subject: fc.array(group, { minLength: 1, maxLength: 2 }) }
  const forAll = { ...common, policy: fc.constantFrom('bypass', 'deny', level, 'two_factor') }
  return fc.oneof(
    fc.record(forGroups, { requiredKeys: ['domain', 'policy', 'subject'] }),
    fc.record(forAll, { requiredKeys: ['domain', 'policy'] }),
  )
}

function configOf(rule: fc.Arbitrary<ModelRule>, fallback: fc.Arbitrary<string>): fc.Arbitrary<ModelConfig> {
  const networks = [{ name: 'office', networks: ['10.0.0.0/16', '192.0.2.0/24'] }]
  return fc
    .record({ default_policy: fallback, networks: fc.constant(networks), rules: fc.array(rule, { maxLength: 5 }) })
    .map((control) => ({ access_control: control }))
}

const request: fc.Arbitrary<ModelRequest> = fc.record({
  host: fc.constantFrom(...HOSTS),
  method: fc.constantFrom(...METHODS),
  path: fc.constantFrom(...PATHS, ...ODD_PATHS),
  query: fc.constantFrom(...QUERIES),
  client: fc.constantFrom(...CLIENTS),
})
const person: fc.Arbitrary<ModelPerson | null> = fc.option(
  fc.record({
    login: fc.constantFrom('fred', 'ann', 'a'),
    groups: fc.subarray(GROUPS),
    factors: fc.constantFrom(1 as const, 2 as const),
  }),
  { freq: 5 },
)

const asked = fc.array(fc.tuple(request, person), { minLength: 30, maxLength: 30 })

test('whatever is imported lets nobody pass whom Authelia keeps out', () => {
  const config = configOf(anyRule, fc.constantFrom('deny', 'one_factor', 'bypass'))
  const property = fc.property(config, asked, (given, requests) => {
    const { policy } = read(given)
    for (const [each, who] of requests) {
      if (allows(policy, each, who)) assert.ok(modelAllows(given, each, who), JSON.stringify([each, who]))
    }
  })
  fc.assert(property, { numRuns: RUNS })
})

test('where nothing is listed as stricter, the same people pass', () => {
  const config = fc
    .constantFrom('one_factor', 'two_factor')
    .chain((level) => configOf(exactRule(level), fc.constant('deny')))
  let compared = 0
  const property = fc.property(config, asked, (given, requests) => {
    const { policy, isExact } = read(given)
    // Names with more labels than "*" stands for are noted, and "/" at the end is read in two ways.
    for (const [each, who] of isExact ? requests : []) {
      if (isUnknown(policy, each) || ODD_PATHS.includes(each.path) || (each.path !== '/' && each.path.endsWith('/')))
        continue
      compared++
      assert.equal(allows(policy, each, who), modelAllows(given, each, who), JSON.stringify([each, who]))
    }
  })
  fc.assert(property, { numRuns: RUNS })
  assert.ok(compared > 4 * RUNS, `only ${compared} requests were compared`)
})

function read(config: ModelConfig): { policy: CompiledPolicy; isExact: boolean } {
  const imported = importAuthelia(JSON.stringify(config))
  if (imported.kind === 'unreadable') throw new Error(JSON.stringify(imported.mistakes))
  const isExact = imported.findings.every(({ kind }) => kind === 'note')
  return { policy: policyOf(toYaml(imported.policy)), isExact }
}

function isUnknown(policy: CompiledPolicy, each: ModelRequest): boolean {
  const judgement = judge(policy, toOriginal(each))
  return judgement.kind === 'forbid' && judgement.reason === 'unknown_host'
}

function allows(policy: CompiledPolicy, each: ModelRequest, who: ModelPerson | null): boolean {
  return decide(judge(policy, toOriginal(each)), who === null ? null : principalOf(who), 0).kind === 'allow'
}

function toOriginal({ host, method, path, query, client }: ModelRequest): OriginalRequest {
  const target = readTarget(query === '' ? path : `${path}?${query}`)
  const readName = readHost(host)
  if (typeof target === 'string' || readName === null) throw new Error(`refused by the reader: ${host} ${path}`)
  const known = { scheme: 'https', navigation: true, appName: null, aliases: [], overrides: [] } as const
  return { ...known, method, host: readName, target, clientAddress: client }
}

function principalOf({ login, groups, factors }: ModelPerson): Principal {
  const id = '00000000-0000-4000-8000-000000000000'
  const times = factors === 2 ? { password: 0, totp: 0 } : { password: 0 }
  const named = { userId: id, signInId: id, login, email: `${login}@example.com`, name: login }
  return { ...named, roles: groups, factors: times, absoluteExpiresAt: 0 }
}
