import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import type { PolicyMistake } from '../../src/policies/policy-file.ts'
import { describeMistakes, MAX_POLICY_BYTES, readPolicyFile } from '../../src/policies/policy-file.ts'
import type { Policy } from '../../src/policies/policy.ts'
import { policyOf, request, verdict } from './fixture.ts'

const HEAD = 'version: 1\nroles: { staff: ["wiki:read"] }\napps:\n'

/** Rules of the one app of a file, the first of them on line 7. */
const APP = `${HEAD}  - name: wiki\n    hosts: [wiki.test]\n    rules:\n`

/** What a rule leaves out. */
const PLAIN = { networks: null, query: null, monitor: false, identify: false }
const ANYBODY = { kind: 'require', roles: null, permissions: null, users: null, factors: 1, maxAuthAgeMs: null }

test('a policy file is read with what it leaves out filled in', () => {
  const policy =
    getPolicy(`${APP}      - { path: /a, methods: [GET], require: { role: staff, permission: ["wiki:read"] } }
      - { path: [/b, /c/**], deny: true }
      - allow: anyone
        path: /d
      - { require: {} }
`)
  assert.deepEqual([...policy.roles], [['staff', ['wiki:read']]])
  const [app] = policy.apps
  const { rules = [], ...rest } = app ?? {}
  assert.deepEqual(rest, {
    name: 'wiki',
    hosts: ['wiki.test'],
    scheme: 'https',
    port: null,
    identity: { headers: new Map(), charset: 'percent-utf8', assertion: false },
    aliasGuard: 'refuse',
    pathBytes: 'utf8',
    outage: 'grace',
  })
  assert.deepEqual(rules, [
    {
      line: 7,
      paths: ['/a'],
      methods: ['GET'],
      action: { ...ANYBODY, roles: ['staff'], permissions: ['wiki:read'] },
      ...PLAIN,
    },
    { line: 8, paths: ['/b', '/c/**'], methods: null, action: { kind: 'deny' }, ...PLAIN },
    { line: 9, paths: ['/d'], methods: null, action: { kind: 'anyone' }, ...PLAIN },
    { line: 11, paths: ['/**'], methods: null, action: ANYBODY, ...PLAIN },
  ])
})

test('an app says whether Basic is ours, with tokens or with passwords', () => {
  const basicOf = (basic: string): unknown =>
    getPolicy(`${HEAD}  - { name: w, hosts: [a.test], rules: [], basic: ${basic} }`).apps[0]?.basic
  assert.deepEqual(['false', 'tokens', 'true'].map(basicOf), [undefined, 'tokens', 'passwords'])
})

test('an app may say how it stands on the start page', () => {
  const cardOf = (keys: string): unknown =>
    getPolicy(`${HEAD}  - { name: w, hosts: [a.test, '*.b.test'], rules: []${keys} }`).apps[0]?.card
  assert.equal(cardOf(''), undefined)
  assert.equal(cardOf(', hidden: false'), undefined)
  assert.deepEqual(cardOf(', title: The wiki, url: https://x.b.test/start'), {
    title: 'The wiki',
    description: null,
    icon: null,
    url: 'https://x.b.test/start',
    hidden: false,
  })
})

test('a file says of which roles a second factor is demanded, and how long they have to set one up', () => {
  const head = 'version: 1\nroles: { staff: [] }\napps: []\n'
  const demands = [
    ['', null],
    ['second_factor: { roles: staff }', { roles: ['staff'], graceDays: 0 }],
    [
      'second_factor: { roles: [staff, postern-admin], grace_days: 14 }',
      { roles: ['staff', 'postern-admin'], graceDays: 14 },
    ],
  ] as const
  for (const [text, expected] of demands) assert.deepEqual(getPolicy(head + text).secondFactor, expected)
})

test('hosts are read as requests are, and a permission given twice counts once', () => {
  const policy = getPolicy(`version: 1
roles: { staff: ["a:b", "a:b"] }
apps:
  - { name: a, hosts: [WIKI.Test., "*.Wiki.test", "[0::1]", 10.0.0.1], rules: [] }
`)
  assert.deepEqual(policy.apps[0]?.hosts, ['wiki.test', '*.wiki.test', '[::1]', '10.0.0.1'])
  assert.deepEqual(policy.roles.get('staff'), ['a:b'])
})

const MISTAKES: readonly [name: string, text: string, places: readonly string[]][] = [
  ['an empty file', '', ['1:1 ']],
  ['a list', '[]', ['1:1 ']],
  ['no version', 'apps: []', ['1:1 version']],
  ['another version', 'version: 2\napps: []', ['1:1 version']],
  ['no apps', 'version: 1', ['1:1 apps']],
  ['an unknown key', 'version: 1\napps: []\nrolse: {}', ['3:1 rolse']],
  ['tests that are no list', 'version: 1\napps: []\ntests: {}', ['3:1 tests']],
  ['a second factor of nobody', 'version: 1\napps: []\nsecond_factor: { roles: [] }', ['3:18 second_factor.roles']],
  ['no roles of a second factor', 'version: 1\napps: []\nsecond_factor: {}', ['3:1 second_factor.roles']],
  [
    'a second factor of an unknown role',
    'version: 1\napps: []\nsecond_factor: { roles: [staff] }',
    ['3:26 second_factor.roles[0]'],
  ],
  [
    'days of grace that are none',
    'version: 1\napps: []\nsecond_factor: { roles: postern-admin, grace_days: -1 }',
    ['3:40 second_factor.grace_days'],
  ],
  ['a key twice', 'version: 1\napps: []\nversion: 1', ['3:1 version']],
  ['RULE-10: a key that is a prototype', 'version: 1\n__proto__: {}\napps: []', ['2:1 __proto__', '2:1 __proto__']],
  ['RULE-10: a role that is a prototype', 'version: 1\nroles: { __proto__: [] }\napps: []', ['2:10 __proto__']],
  ['a role name in capitals', 'version: 1\nroles:\n  Staff: []\napps: []', ['3:3 roles.Staff']],
  [
    'a role name of 65 characters',
    `version: 1\nroles:\n  ${'a'.repeat(65)}: []\napps: []`,
    [`3:3 roles.${'a'.repeat(65)}`],
  ],
  ['the built-in role', 'version: 1\nroles:\n  postern-admin: []\napps: []', ['3:3 roles.postern-admin']],
  ['a role without a list', 'version: 1\nroles:\n  a:\napps: []', ['3:3 roles.a']],
  [
    'RULE-08: a permission with a wildcard',
    'version: 1\nroles:\n  a: ["api:*", api, "a:b:c", "A:b", ":b"]\napps: []',
    ['3:7 roles.a[0]', '3:16 roles.a[1]', '3:21 roles.a[2]', '3:30 roles.a[3]', '3:37 roles.a[4]'],
  ],
  ['an app that is no map', `${HEAD}  - wiki`, ['4:5 apps[0]']],
  ['an app without anything', `${HEAD}  - {}`, ['4:5 apps[0].name', '4:5 apps[0].hosts', '4:5 apps[0].rules']],
  [
    'bad values of an app',
    `${HEAD}  - { name: W, hosts: [], scheme: ftp, port: 0, rules: {} }`,
    ['4:7 apps[0].name', '4:16 apps[0].hosts', '4:27 apps[0].scheme', '4:40 apps[0].port', '4:49 apps[0].rules'],
  ],
  ['a port in quotes', `${HEAD}  - { name: w, hosts: [a.test], port: "443", rules: [] }`, ['4:33 apps[0].port']],
  [
    'bad hosts',
    `${HEAD}  - { name: w, hosts: [a_b, "a.test:80", "*.10.0.0.1", "*", "*.*.test", 1.5], rules: [] }`,
    [
      '4:24 apps[0].hosts[0]',
      '4:29 apps[0].hosts[1]',
      '4:42 apps[0].hosts[2]',
      '4:56 apps[0].hosts[3]',
      '4:61 apps[0].hosts[4]',
      '4:73 apps[0].hosts[5]',
    ],
  ],
  [
    'headers and an outage that are none',
    `${HEAD}  - { name: w, hosts: [a.test], rules: [], headers: [], outage: open }`,
    ['4:44 apps[0].headers', '4:57 apps[0].outage'],
  ],
  [
    'Basic in no known way',
    `${HEAD}  - { name: w, hosts: [a.test], rules: [], basic: passwords }`,
    ['4:44 apps[0].basic'],
  ],
  [
    'a start page that shows what nobody can read, or leads elsewhere',
    `${HEAD}  - { name: w, hosts: [a.test], rules: [], title: "a\u202e", icon: abc, url: "https://b.test/", hidden: yes }`,
    ['4:44 apps[0].title', '4:57 apps[0].icon', '4:68 apps[0].url', '4:92 apps[0].hidden'],
  ],
  ['a rule with no action', `${APP}      - { path: /a }`, ['7:9 apps[0].rules[0]']],
  ['a rule with two actions', `${APP}      - { path: /a, allow: anyone, deny: true }`, ['7:9 apps[0].rules[0]']],
  [
    'deny: false beside require',
    `${APP}      - { deny: false, require: {} }`,
    ['7:9 apps[0].rules[0]', '7:11 apps[0].rules[0].deny'],
  ],
  ['allow: everyone', `${APP}      - { allow: everyone }`, ['7:11 apps[0].rules[0].allow']],
  ['deny: yes', `${APP}      - { deny: yes }`, ['7:11 apps[0].rules[0].deny']],
  ['require: without a value', `${APP}      - { require: }`, ['7:11 apps[0].rules[0].require']],
  [
    'bad values of a rule',
    `${APP}      - { networks: [10.0.0.1/8], mode: off    , identify: yes , require: { factors: 3, max_auth_age: 15 } }`,
    [
      '7:22 apps[0].rules[0].networks[0]',
      '7:35 apps[0].rules[0].mode',
      '7:50 apps[0].rules[0].identify',
      '7:77 apps[0].rules[0].require.factors',
      '7:89 apps[0].rules[0].require.max_auth_age',
    ],
  ],
  [
    'a misspelt key of a requirement',
    `${APP}      - { require: { rolle: staff } }`,
    ['7:22 apps[0].rules[0].require.rolle'],
  ],
  [
    'methods that are none',
    `${APP}      - { methods: [get, GET, FOO], require: {} }`,
    ['7:21 apps[0].rules[0].methods[0]', '7:31 apps[0].rules[0].methods[2]'],
  ],
  ['methods without one', `${APP}      - { methods: [], require: {} }`, ['7:11 apps[0].rules[0].methods']],
  ['methods as one word', `${APP}      - { methods: GET, require: {} }`, ['7:11 apps[0].rules[0].methods']],
  ['a bad pattern alone', `${APP}      - { path: /a/**/b, require: {} }`, ['7:11 apps[0].rules[0].path']],
  ['a bad pattern in a list', `${APP}      - { path: [/a, a], require: {} }`, ['7:22 apps[0].rules[0].path[1]']],
  ['a placeholder for nobody', `${APP}      - { path: "/~{login}/**", allow: anyone }`, ['7:11 apps[0].rules[0].path']],
  ['no pattern', `${APP}      - { path: [], require: {} }`, ['7:11 apps[0].rules[0].path']],
  ['an unknown role', `${APP}      - { require: { role: stuff } }`, ['7:22 apps[0].rules[0].require.role']],
  [
    'RULE-10: a role that every object has',
    `${APP}      - { require: { role: [staff, constructor, toString] } }`,
    ['7:36 apps[0].rules[0].require.role[1]', '7:49 apps[0].rules[0].require.role[2]'],
  ],
  [
    'an unknown permission',
    `${APP}      - { require: { permission: "wiki:raed" } }`,
    ['7:22 apps[0].rules[0].require.permission'],
  ],
  ['a role for no one', `${APP}      - { require: { role: [] } }`, ['7:22 apps[0].rules[0].require.role']],
  [
    'a rule behind a wider one',
    `${APP}      - { path: /a/**, require: {} }\n      - { path: [/a/b, /a/*/c], deny: true }`,
    ['8:9 apps[0].rules[1]'],
  ],
  [
    'a rule behind one for all paths',
    `${APP}      - { allow: anyone }\n      - { path: /admin/**, methods: [TRACE], deny: true }`,
    ['8:9 apps[0].rules[1]'],
  ],
  [
    'two apps with one name',
    `${HEAD}  - { name: a, hosts: [a.test], rules: [] }\n  - { name: a, hosts: [b.test], rules: [] }`,
    ['5:7 apps[1].name'],
  ],
  [
    'one host twice',
    `${HEAD}  - { name: a, hosts: [a.test], rules: [] }\n  - { name: b, hosts: [A.test.], port: 443, rules: [] }`,
    ['5:24 apps[1].hosts[0]'],
  ],
  ['one host twice in an app', `${HEAD}  - { name: a, hosts: [a.test, a.test], rules: [] }`, ['4:32 apps[0].hosts[1]']],
  ['broken YAML', 'version: 1\napps: [', ['2:8 ']],
  ['a tab', 'version: 1\napps:\n\t- a', ['3:1 ']],
  ['two documents', 'version: 1\napps: []\n---\nversion: 1\napps: []', ['3:1 ']],
  ['a list as a key', 'version: 1\n? [a]\n: b\napps: []', ['2:3 ']],
  ['a tag of its own', 'version: 1\napps: !mine []', ['2:7 ']],
  ['a host that YAML takes for an alias', `${HEAD}  - { name: a, hosts: [*.test], rules: [] }`, ['4:24 ']],
]

for (const [name, text, places] of MISTAKES) {
  test(`refuses ${name} at its line, column and place`, () => {
    const found = getMistakes(text).map(({ line, column, path }) => `${line}:${column} ${path}`)
    assert.deepEqual(found.slice(0, Math.max(1, places.length)), places)
    assert.ok(found.length === places.length || places[0]?.endsWith(' '), found.join(', '))
  })
}

test('all mistakes come at once, in the order of the file', () => {
  const mistakes = getMistakes(`version: 1
roles: { staff: ["wiki:read", bad] }
apps:
  - name: a
    hosts: [a_b]
    rules:
      - { path: a, allow: anyone }
      - { path: /b/**, require: { role: stuff } }
      - { path: /b/c, deny: true }
  - { name: a, hosts: [b.test], rules: [{}] }
extra: 1
`)
  const lines = mistakes.map(({ line }) => line)
  assert.deepEqual(lines, [2, 5, 7, 8, 9, 10, 10, 11])
})

test('a mistake says what to do', () => {
  const [unknown] = getMistakes(`${APP}      - { metods: [GET], require: {} }`)
  assert.match(unknown?.message ?? '', /nearest.*"methods"/)
  const [role] = getMistakes(`${APP}      - { require: { role: stuff } }`)
  assert.match(role?.message ?? '', /did you mean "staff"/)
  const [shadow] = getMistakes(`${APP}      - { path: /a/**, deny: true }\n      - { path: /a, allow: anyone }`)
  assert.match(shadow?.message ?? '', /line 8 .*line 7 /)
  const [port] = getMistakes(`${HEAD}  - { name: w, hosts: ["a.test:8443"], rules: [] }`)
  assert.match(port?.message ?? '', /"port: 8443"/)
  const [identify] = getMistakes(`${APP}      - { identify: true, require: {} }`)
  assert.match(identify?.message ?? '', /allow: anyone/)
})

test('mistakes are told one a line, with the file', () => {
  const mistakes: PolicyMistake[] = [
    { line: 3, column: 7, path: 'apps[0]', message: 'Mend it.' },
    { line: 1, column: 1, path: '', message: 'Mend all.' },
  ]
  assert.equal(describeMistakes('p.yaml', mistakes), 'p.yaml:3:7: apps[0]: Mend it.\np.yaml:1:1: Mend all.')
})

test('a rule is not taken for covered when an earlier one leaves something of it', () => {
  const policy = readPolicyFile(`${APP}      - { path: /a/**, methods: [GET], require: {} }
      - { path: /a/b, methods: [GET, POST], deny: true }
      - { path: [/a/c, /d], methods: [GET], deny: true }
      - { path: /a/**, deny: true }
      - { path: /*/x, allow: anyone }
      - { path: /e/**, allow: anyone }
      - { path: /E/**, allow: anyone }
`)
  assert.ok(!Array.isArray(policy), JSON.stringify(policy))
})

test('a rule that is not readable hides no later one', () => {
  const mistakes = getMistakes(`${APP}      - { methods: [get], deny: true }
      - { networks: [10.0.0.0/33], deny: true }
      - { path: /a, allow: anyone }
`)
  assert.deepEqual(
    mistakes.map(({ line }) => line),
    [7, 8],
  )
})

test('the same host may have two apps on two ports', () => {
  const apps = `${HEAD}  - { name: a, hosts: [a.test], rules: [] }\n  - { name: b, hosts: [a.test], port: 8443, rules: [] }`
  assert.equal(getPolicy(apps).apps.length, 2)
})

test('anchors may be used, and what they blow up to is bounded', () => {
  const rules = '&rules [{ path: /a, allow: anyone }]'
  const policy = getPolicy(
    `${HEAD}  - { name: a, hosts: [a.test], rules: ${rules} }\n  - { name: b, hosts: [b.test], rules: *rules }`,
  )
  assert.deepEqual(policy.apps[1]?.rules, policy.apps[0]?.rules)
  const bad = getMistakes(
    `${HEAD}  - { name: a, hosts: [a.test], rules: &r [{ path: a, deny: true }] }\n  - { name: b, hosts: [b.test], rules: *r }`,
  )
  assert.deepEqual(
    bad.map(({ line, path }) => `${line} ${path}`),
    ['4 apps[0].rules[0].path', '4 apps[1].rules[0].path'],
  )
  const level = (name: string, inner: string): string =>
    `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(', ')}]\n`
  const bomb = 'bcdefgh'.split('').map((name, index) => level(name, `*${'abcdefg'.charAt(index)}`))
  assert.equal(getMistakes(`${level('a', 'x')}${bomb.join('')}`).length, 1)
})

test('a file over 4 MiB is refused unread, counted in bytes', () => {
  assert.equal(getMistakes('#'.repeat(MAX_POLICY_BYTES + 1)).length, 1)
  assert.equal(
    getMistakes(`#${'\u00e9'.repeat(MAX_POLICY_BYTES / 2)}`)[0]?.message,
    'Make the file smaller than 4 MiB.',
  )
  getPolicy(`version: 1\napps: []\n${'#'.repeat(MAX_POLICY_BYTES - 20)}`)
})

test('hostile files are refused in time that grows with their size', () => {
  const manyKeys = Array.from({ length: 90_000 }, (_, index) => `k${index}: 1\n`).join('')
  const deep = ['[', '- ', '{a: ', '? '].map((opening) => opening.repeat(20_000))
  for (const text of [manyKeys, 'k: 1\n'.repeat(90_000), ...deep]) {
    const startedAt = performance.now()
    const { length } = getMistakes(text)
    assert.ok(length >= 1 && length <= 200)
    assert.ok(performance.now() - startedAt < 10_000)
  }
})

test('RULE-05: ten thousand rules are read, and a request among them is judged in less than 2 ms', () => {
  const rules = Array.from({ length: 10_000 }, (_, index) => `      - { path: /*/b${index}/**, deny: true }`)
  const policy = policyOf(`${APP}${rules.join('\n')}\n      - { allow: anyone }\n`)
  const original = request('wiki.test', '/x/b9999/y')
  const other = request('wiki.test', '/x/none/y')
  assert.equal(verdict(policy, original, 'nobody'), 'forbid denied_by_rule')
  const startedAt = performance.now()
  for (let round = 0; round < 100; round++) assert.equal(verdict(policy, other, 'nobody'), 'allow')
  assert.ok(performance.now() - startedAt < 200)
})

test('the example that comes with Postern says what its comments say', () => {
  const policy = policyOf(readFileSync(new URL('../../config/policy.example.yaml', import.meta.url), 'utf8'))
  const ask = (path: string, who: string, method = 'GET'): string =>
    verdict(policy, request('wiki.example.com', path, method), who)
  assert.equal(ask('/healthz', 'nobody'), 'allow')
  assert.equal(ask('/healthz/', 'nobody'), 'sign_in')
  assert.equal(ask('/public', 'nobody', 'HEAD'), 'allow')
  assert.equal(ask('/old/x', 'bob'), 'forbid denied_by_rule')
  assert.equal(ask('/spaces/blue/export', 'bob'), 'forbid missing_role')
  assert.equal(ask('/spaces/export', 'bob'), 'allow')
  assert.equal(ask('/api/x', 'nobody', 'OPTIONS'), 'forbid denied_by_rule')
  assert.equal(policy.apps.get('files')?.origin('files.example.com'), 'https://files.example.com:8443')
})

function getPolicy(text: string): Policy {
  const policy = readPolicyFile(text)
  if (Array.isArray(policy)) throw new Error(describeMistakes('policy', policy))
  return policy
}

function getMistakes(text: string): PolicyMistake[] {
  const mistakes = readPolicyFile(text)
  return Array.isArray(mistakes) ? mistakes : []
}
