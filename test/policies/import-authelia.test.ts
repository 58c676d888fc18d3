import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readDomain, readDomainRegex } from '../../src/policies/authelia-domain.ts'
import { formatCidr, formatPattern, readCidr } from '../../src/policies/authelia-region.ts'
import { readResource } from '../../src/policies/authelia-resource.ts'
import { toYaml } from '../../src/policies/authelia-write.ts'
import { importAuthelia } from '../../src/policies/import-authelia.ts'
import { policyOf } from './fixture.ts'

/** Resource, what matches for certain, what may, and what inside doesn't. */
const RESOURCES: readonly [source: string, certain: string, possible: string, edges: string][] = [
  ['^/api([/?].*)?$', '/api/**', '', ''],
  ['^/api(?:[?/].*)?$', '/api/**', '', ''],
  ['^/api(/.*|\\?.*)?$', '/api/**', '', ''],
  ['^\\/api\\/v1\\.0([/?].*)?$', '/api/v1.0/**', '', ''],
  ['^/api/.*$', '/api/**', '', '/api'],
  ['^/api/', '/api/**', '', '/api'],
  ['^/(api|rss)/v1(\\?.*)?$', '/rss/v1 /api/v1', '', ''],
  ['^/(api/.*|rss(\\?.*)?)$', '/rss /api/**', '', '/api'],
  ['^/', '/**', '', ''],
  ['.*', '/**', '', ''],
  ['^/api$', '', '/api', ''],
  ['^/api/$', '', '/api/', ''],
  ['^/$', '', '/', ''],
  ['^/api/?$', '', '/api /api/', ''],
  ['^/api', '/api/**', '/*/**', ''],
  ['^/a/b.*$', '/a/b/**', '/a/*/**', ''],
  ['^/api/.+', '/api/*/**', '/api/**', '/api'],
  ['^/u/[^/]+/x([/?].*)?$', '/u/*/x/**', '/u/*', ''],
  ['^/u/[^/?]+/x([/?].*)?$', '/u/*/x/**', '', ''],
  ['^/u/\\d+/', '', '/u/*/**', '/u/*?'],
  ['^/login.php([/?].*)?$', '/login.php/**', '/**', ''],
  ['^/static/.*\\.js$', '', '/static/**', ''],
  ['^/ab?c/', '', '/**', ''],
  ['/api/.*', '', '/**', ''],
  ['^/(?P<User>\\w+)/x', '', '/**', ''],
  ['^/%41', '', '/**', ''],
  ['^/a(b', '', '/**', ''],
]

suite('resources of Authelia as paths', () => {
  for (const [source, certain, possible, edges] of RESOURCES) {
    test(`${source} is ${certain || 'nothing'} for certain, ${possible || 'nothing else'} perhaps`, () => {
      const { criteria, advice } = readResource(source)
      assert.equal(criteria.certain.map(formatPattern).join(' '), certain)
      assert.equal(criteria.possible.map(formatPattern).join(' '), possible)
      assert.equal(
        criteria.edges.map(({ pattern, mayMatch }) => formatPattern(pattern) + (mayMatch ? '?' : '')).join(' '),
        edges,
      )
      assert.equal(advice === null, possible === '' && !edges.includes('?'))
    })
  }
})

test('domains name hosts, and tell which hosts they take', () => {
  const ask = (domain: string, host: string): unknown => readDomain(domain).match(host)
  assert.deepEqual(readDomain('Wiki.Example.com').hosts, ['wiki.example.com'])
  assert.deepEqual(readDomain('a_b').hosts, [])
  assert.deepEqual(
    [ask('*.x.test', '*.x.test'), ask('*.x.test', 'a.b.x.test'), ask('*.x.test', 'x.test')],
    ['yes', 'yes', 'no'],
  )
  assert.deepEqual([ask('a.x.test', '*.x.test'), ask('*.y.x.test', '*.x.test')], ['no', 'no'])
  assert.deepEqual(ask('{user}.x.test', 'fred.x.test'), { user: 'fred', groups: [] })
  assert.deepEqual(ask('{group}.x.test', 'devs.x.test'), { user: null, groups: ['devs'] })
  assert.equal(ask('{group}.x.test', '*.x.test'), 'perhaps')
})

test('regular expressions over domains name the hosts that can be counted', () => {
  const ask = (source: string, host: string): unknown => readDomainRegex(source)?.match(host)
  assert.deepEqual(readDomainRegex('^(pub|img)-data\\.x\\.test$')?.hosts, ['img-data.x.test', 'pub-data.x.test'])
  assert.deepEqual(readDomainRegex('^.*\\.x\\.test$')?.hosts, ['*.x.test'])
  assert.equal(readDomainRegex('^a.*$')?.advice === null, false)
  assert.equal(readDomainRegex('(?i)^a$'), null)
  assert.deepEqual(ask('^user-(?P<User>\\w+)\\.x\\.test$', 'user-fred.x.test'), { user: 'fred', groups: [] })
  assert.deepEqual([ask('^img\\..*$', 'img.x.test'), ask('^img\\..*$', 'wiki.x.test')], ['yes', 'no'])
  assert.deepEqual([ask('^\\w+\\.x\\.test$', '*.x.test'), ask('^\\w+\\.y\\.test$', '*.x.test')], ['perhaps', 'no'])
})

test('networks lose the bits after their prefix, and what is none is told', () => {
  const written = ['10.0.0.1/8', '192.0.2.7', '2001:DB8::1/32', '::1', '0.0.0.0/0'].map((text) => {
    const cidr = readCidr(text)
    return cidr === null ? null : formatCidr(cidr)
  })
  assert.deepEqual(written, ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', '::1/128', '0.0.0.0/0'])
  for (const text of ['office', '10.0.0.0/33', '10.0.0', '::ffff:10.0.0.1', ''])
    assert.equal(readCidr(text), null, text)
})

/** Rules of Authelia's with deny as the default, and rules of ours for the one host. */
const RULES: readonly [name: string, theirs: object[], ours: string[]][] = [
  ['bypass, one and two factors', [one({ policy: 'two_factor' })], ['{ require: { factors: 2 } }']],
  [
    'the order of rules',
    [one({ policy: 'deny', resources: '^/old([/?].*)?$' }), one({ policy: 'bypass' })],
    ['{ path: /old/**, deny: true }', '{ allow: anyone }'],
  ],
  [
    'groups one below the other',
    [one({ subject: 'group:a' }), one({ subject: ['group:b', 'group:c'] })],
    ['{ require: { role: [a, b, c] } }'],
  ],
  ['a person in a group', [one({ subject: [['group:a', 'user:fred']] })], ['{ require: { role: a, user: fred } }']],
  [
    'two groups at once',
    [one({ subject: [['group:a', 'group:b']] })],
    ['{ require: { role: a, permission: "member:b" } }'],
  ],
  [
    'a group for a path, another for all',
    [one({ subject: 'group:a', resources: ['^/api([/?].*)?$'] }), one({ subject: 'group:b' })],
    ['{ path: /api/**, require: { role: [a, b] } }', '{ require: { role: b } }'],
  ],
  [
    'everybody below a group, who must sign in to be told from it',
    [one({ subject: 'group:a' }), one({ policy: 'bypass' })],
    ['{ require: {} }'],
  ],
  [
    'GET without HEAD',
    [one({ policy: 'bypass', methods: ['get'] }), one({})],
    ['{ methods: [HEAD], require: {} }', '{ methods: [GET], allow: anyone }', '{ require: {} }'],
  ],
  [
    'GET and HEAD, which our GET says alone',
    [one({ policy: 'bypass', methods: ['GET', 'HEAD'] })],
    ['{ methods: [GET], allow: anyone }'],
  ],
  [
    'methods that no request of ours has',
    [one({ policy: 'bypass', methods: ['BIND'] }), one({ methods: ['BIND', 'POST'] })],
    ['{ methods: [POST], require: {} }'],
  ],
  [
    'networks by name and by number',
    [one({ policy: 'bypass', networks: ['office', '192.0.2.7'] })],
    ['{ networks: [10.0.0.0/8, 192.0.2.7/32], allow: anyone }'],
  ],
  [
    'a parameter that denies',
    [one({ policy: 'deny', query: [[{ key: 'action', value: 'delete' }, { key: 'x' }]] }), one({})],
    ['{ query: { action: [delete], x: "*" }, deny: true }', '{ require: {} }'],
  ],
  [
    'a path and what is below apart',
    [one({ policy: 'bypass', resources: ['^/api/'] }), one({})],
    ['{ path: /api, require: {} }', '{ path: /api/**, allow: anyone }', '{ require: {} }'],
  ],
]

suite('rules of Authelia as rules of ours', () => {
  for (const [name, theirs, ours] of RULES) {
    test(`carries over ${name}`, () => {
      const { rules, losses } = convert(theirs)
      assert.deepEqual(rules, ours)
      assert.deepEqual(losses, [])
    })
  }
})

/** Rules that come out stricter, and where their file is to be mended. */
const STRICTER: readonly [name: string, theirs: object[], ours: string[], place: string][] = [
  [
    'a group with one factor before others with two',
    [one({ subject: 'group:a' }), one({ policy: 'two_factor' })],
    ['{ require: { factors: 2 } }'],
    'rules[0]',
  ],
  ['a group that is kept out', [one({ subject: 'group:a', policy: 'deny' }), one({})], [], 'rules[0]'],
  [
    'a path that lets pass while no query follows',
    [one({ policy: 'bypass', resources: ['^/api$'] }), one({})],
    ['{ require: {} }'],
    'rules[0].resources[0]',
  ],
  [
    'longer names that need two factors',
    [one({ policy: 'two_factor', resources: '^/admin' }), one({})],
    ['{ path: /*/**, require: { factors: 2 } }', '{ require: {} }'],
    'rules[0].resources',
  ],
  [
    'a parameter that lets pass',
    [one({ policy: 'bypass', query: [[{ key: 'token' }]] }), one({})],
    ['{ require: {} }'],
    'rules[0].query',
  ],
  [
    'a parameter that must not be there',
    [one({ policy: 'bypass', query: [[{ key: 'x', operator: 'absent' }]] }), one({})],
    ['{ require: {} }'],
    'rules[0].query',
  ],
  [
    'people beside groups',
    [one({ subject: ['user:fred', 'group:a'] })],
    ['{ require: { role: [a, from-authelia-1] } }'],
    'rules[0]',
  ],
  ['clients with tokens', [one({ subject: 'oauth2:client:x' })], [], 'rules[0].subject'],
  [
    'a subject that may pass unseen',
    [one({ subject: 'group:a', policy: 'bypass' })],
    ['{ require: { role: a } }'],
    'rules[0].policy',
  ],
]

suite('rules of Authelia that we can not say', () => {
  for (const [name, theirs, ours, place] of STRICTER) {
    test(`makes stricter, and lists, ${name}`, () => {
      const { rules, losses } = convert(theirs)
      assert.deepEqual(rules, ours)
      assert.deepEqual(losses, [`access_control.${place}`])
    })
  }
})

test('hosts with the same rules are one app, in the order in which they are named', () => {
  const rules = [
    { domain: ['b.test', '*.test'], policy: 'bypass' },
    { domain: 'a.test', policy: 'deny' },
  ]
  const imported = getImported({ access_control: { rules } })
  assert.deepEqual(
    imported.policy.apps.map(({ name, hosts }) => [name, hosts]),
    [
      ['b.test', ['b.test', 'a.test']],
      ['any.test', ['*.test']],
    ],
  )
  assert.deepEqual(
    imported.findings.map(({ kind }) => kind),
    ['note'],
  )
})

test('groups become roles under names that a policy may have, each its own', () => {
  const subject = ['group:Domain Admins', 'group:domain-admins', 'group:postern-admin']
  const { policy, findings } = getImported({ access_control: { rules: [one({ subject })] } })
  assert.deepEqual([...policy.roles.keys()].toSorted(), ['domain-admins', 'domain-admins-2', 'postern-admin-2'])
  assert.equal(findings.filter(({ message }) => message.includes('became the role')).length, 3)
  policyOf(toYaml(policy))
})

test('an own host lets in its owner alone', () => {
  const { policy } = getImported({ access_control: { rules: [{ domain: '{user}.x.test', policy: 'one_factor' }] } })
  assert.deepEqual(
    policy.apps.map(({ hosts, rules }) => [hosts, rules.map(({ keys }) => keys)]),
    [[['{login}.x.test'], [{ require: {} }]]],
  )
})

test('a default that lets pass holds for the hosts that are named, and is listed for the others', () => {
  const control = { default_policy: 'one_factor', rules: [one({ policy: 'bypass', resources: ['^/a([/?].*)?$'] })] }
  const { policy, findings } = getImported({ access_control: control })
  assert.match(toYaml(policy), /\/a\/\*\*, allow: anyone.*\n.*- \{ require: \{\} \}/)
  assert.deepEqual(
    findings.map(({ kind, path }) => `${kind} ${path}`),
    ['loss access_control.default_policy'],
  )
})

test('rules that overlap in too many ways let nobody pass', () => {
  const rules = Array.from({ length: 14 }, (_, place) => {
    const segments = Array.from({ length: 14 }, (__, index) => (index === place ? `x${place}` : '[^/?]+'))
    return one({ subject: `group:g${place}`, resources: [`^/${segments.join('/')}([/?].*)?$`] })
  })
  const { policy, findings } = getImported({ access_control: { rules } })
  assert.deepEqual(policy.apps[0]?.rules, [])
  assert.match(findings[0]?.message ?? '', /overlap in too many ways/)
})

test('a large configuration is read in time that grows with its size', () => {
  const hosts = Array.from({ length: 500 }, (_, number) => `h${number}.test`)
  const shared = ['/a', '/b', '/c'].map((path) => ({
    domain: '*.test',
    policy: 'bypass',
    resources: `^${path}([/?].*)?$`,
  }))
  const own = hosts.map((domain, number) => ({ domain, policy: 'one_factor', subject: `group:g${number}` }))
  const hostile = [one({ resources: '('.repeat(100_000) }), one({ resources: '(a|b)'.repeat(300) })]
  const startedAt = performance.now()
  const { policy } = getImported({ access_control: { rules: [...shared, ...own, ...hostile] } })
  assert.ok(performance.now() - startedAt < 5_000)
  assert.equal(policy.apps.length, 502)
})

/** A configuration with which Authelia wouldn't start, and the places to mend. */
const UNREADABLE: readonly [name: string, text: string, places: readonly string[]][] = [
  ['no YAML', 'access_control: [', ['1:18 ']],
  ['no access_control', 'theme: dark', ['1:1 ']],
  [
    'an unknown policy',
    'access_control:\n  rules:\n    - { domain: a.test, policy: one }',
    ['3:25 access_control.rules[0].policy'],
  ],
  ['no domain', 'access_control:\n  rules:\n    - policy: deny', ['3:7 access_control.rules[0]']],
  [
    'a number for a domain',
    'access_control:\n  rules:\n    - { domain: 7, policy: deny }',
    ['3:7 access_control.rules[0]', '3:9 access_control.rules[0].domain'],
  ],
  [
    'a network without a name',
    'access_control:\n  rules:\n    - { domain: a.test, policy: deny, networks: [home] }',
    ['3:50 access_control.rules[0].networks[0]'],
  ],
  [
    'an unknown kind of subject',
    'access_control:\n  rules:\n    - { domain: a.test, policy: deny, subject: fred }',
    ['3:39 access_control.rules[0].subject'],
  ],
  ['a key twice', 'access_control: {}\naccess_control: {}', ['2:1 access_control']],
]

suite('configurations with which Authelia would not start', () => {
  for (const [name, text, places] of UNREADABLE) {
    test(`refuses ${name} at its line and column`, () => {
      const imported = importAuthelia(text)
      assert.equal(imported.kind, 'unreadable')
      const mistakes = imported.kind === 'unreadable' ? imported.mistakes : []
      assert.deepEqual(
        mistakes.map(({ line, column, path }) => `${line}:${column} ${path}`),
        places,
      )
    })
  }
})

test('networks are found where 4.39 defines them', () => {
  const rules = [one({ networks: ['home'], policy: 'bypass' })]
  const imported = getImported({ definitions: { network: { home: ['10.1.0.0/16'] } }, access_control: { rules } })
  assert.match(toYaml(imported.policy), /networks: \[10\.1\.0\.0\/16\]/)
})

function one(rule: object): object {
  return { domain: 'a.test', policy: 'one_factor', ...rule }
}

function getImported(config: object): Extract<ReturnType<typeof importAuthelia>, { kind: 'imported' }> {
  const imported = importAuthelia(JSON.stringify(config))
  if (imported.kind === 'unreadable') throw new Error(JSON.stringify(imported.mistakes))
  return imported
}

/** Our rules for the one host as the file has them, without comments, and where something was lost. */
function convert(rules: object[]): { rules: string[]; losses: string[] } {
  const networks = [{ name: 'office', networks: '10.0.0.0/8' }]
  const { policy, findings } = getImported({ access_control: { networks, rules } })
  const yaml = toYaml(policy)
  policyOf(yaml)
  const written = [...yaml.matchAll(/^ {6}- (.*) # .*$/gm)].map(([, rule = '']) => rule)
  return { rules: written, losses: findings.filter(({ kind }) => kind === 'loss').map(({ path }) => path) }
}
