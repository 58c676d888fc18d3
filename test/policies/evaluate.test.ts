import assert from 'node:assert/strict'
import test from 'node:test'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { NOW, PEOPLE, POLICY, policyOf, request, verdict } from './fixture.ts'

const HOST = 'app.example.com'
const SIGNED_IN = 'sign_in / allow / allow'
const ADMINS = 'sign_in / forbid missing_role / allow'

/** What each of nobody, alice (user) and bob (admin and team) gets; one word stands for all three. */
const PATHS: readonly [id: string, expected: string, paths: readonly string[]][] = [
  ['PATH-01', 'allow', ['/public/a.css', '/public', '/public/', '/public/a/b/c?x=/admin']],
  ['PATH-02', ADMINS, ['/admin/', '/admin', '/admin/x']],
  ['PATH-04', ADMINS, ['/public/../admin', '/public/../admin/']],
  [
    'PATH-04',
    'refuse ambiguous_path',
    ['/public/./../admin/', '/public/.x/../../admin', '/public/../admin/%2e%2e/../public/y'],
  ],
  ['PATH-05', ADMINS, ['/public/%2e%2e/admin/', '/public/%2E./admin/', '/public/.%2e/admin/']],
  ['PATH-07', ADMINS, ['/public/..%2fadmin/', '/public/..%2Fadmin/']],
  ['PATH-08', ADMINS, ['/public/%2e%2e%2fadmin']],
  ['PATH-10', ADMINS, ['/public/%252e%252e/admin', '/%2561dmin', '/public/%25252e%25252e/admin']],
  ['PATH-11', ADMINS, ['/public/%25%32%65%25%32%65/admin']],
  ['PATH-13', ADMINS, ['/public/..;a=b/admin/', '/public/..;/admin', '/public/..%3ba/admin']],
  ['PATH-14', ADMINS, ['/public;/../admin/', '/public;a=b/../admin']],
  ['PATH-16', ADMINS, ['/admin;x=1', '/admin;x=1/y', '/admin%3Bx', '/ad;x/../admin']],
  ['PATH-17', ADMINS, ['/;x/admin/', '/;/admin', '/%3b/admin']],
  [
    'PATH-19',
    ADMINS,
    ['/public/..%5cadmin', '/public%5c..%5cadmin', '/%5cadmin', '/admin%5Cx', '/public/..%255cadmin'],
  ],
  ['PATH-20', ADMINS, ['//admin/', '///admin/', '/.//admin', '/%2fadmin', '/x/..//admin']],
  ['PATH-22', ADMINS, ['//evil.test/admin/x', '//evil.test:80/admin', '///evil.test/admin', '/%5c%5cevil.test/admin']],
  ['PATH-22', SIGNED_IN, ['//evil.test/public/x']],
  [
    'PATH-23',
    ADMINS,
    ['/admin/.', '/admin/./', '/./admin/', '/admin.', '/admin./x', '/admin...', '/admin%20', '/admin%20/x'],
  ],
  ['PATH-25', ADMINS, ['/ADMIN/', '/Admin/', '/aDMIN/X', '/ADMIN', '/adm%C4%B1n/x', '/adm%C4%B0n']],
  ['PATH-25', SIGNED_IN, ['/PUBLIC/a', '/Public', '/HEALTHZ']],
  ['PATH-25', 'allow', ['/public/READ.ME', '/public/A/b']],
  ['PATH-25', 'forbid denied_by_rule', ['/OLD', '/Old/Archive/x', '/OLD%2f..%2fOld']],
  ['PATH-26', ADMINS, ['/%61dmin/', '/adm%69n/', '/%41dmin/']],
  ['PATH-31', SIGNED_IN, ['/healthz%23x', '/healthz%23', '/public%23/x']],
  ['PATH-31', 'allow', ['/public/%23/../admin', '/public/a%23b']],
  ['PATH-32', SIGNED_IN, ['/healthz%3fx']],
  ['PATH-32', ADMINS, ['/admin%3f/public/', '/admin%23/public/', '/admin%253f/public/']],
  ['PATH-34', SIGNED_IN, ['/private?path=/healthz', '/private?/public/a', '/?/healthz']],
  ['PATH-35', SIGNED_IN, ['/healthz/', '/healthz/x', '/healthzz', '/healthz.json', '/health', '/publicx', '/']],
  ['PATH-35', 'allow', ['/healthz', '/healthz?x=1']],
  ['PATH-37', SIGNED_IN, ['/adminX', '/admin-old', '/a/admin/x', '/oldest', '/old/x', '/old/archived']],
  [
    'PATH-38',
    'refuse ambiguous_path',
    ['/public/%25c0%25ae%25c0%25ae/admin', '/%25c0%25afadmin', '/a%2500', '/a%250a'],
  ],
  [
    'PATH-41',
    ADMINS,
    ['/%EF%BC%8E%EF%BC%8E/admin', '/%EF%BC%8Fadmin', '/public/%EF%BC%8E%EF%BC%8E/admin', '/adm%EF%BD%89n'],
  ],
  ['PATH-41', ADMINS, ['/admi%C2%ADn/x', '/admin%E2%80%8B', '/public/%EF%BC%8E%EF%BC%8E%EF%BC%8Fadmin']],
  ['PATH-43', 'forbid denied_by_rule', ['/%C5%BFecret', '/secret', '/SECRET', '/%C5%BFEcret/x']],
  ['PATH-44', 'forbid denied_by_rule', ['/caf%65%CC%81', '/caf%C3%A9', '/CAF%C3%89', '/cafe%CC%81/x']],
  ['PATH-49', 'allow', ['/public/a,/admin/', '/public/@scope/x', '/public/.x/y']],
  ['PATH-49', ADMINS, ['/admin/a,/public/']],
  ['PATH-49', SIGNED_IN, ['/admin,/public/', '/,/public/', '/@public/a', '/.public/a']],
  ['PATH-52', SIGNED_IN, ['/files/a%2Fb', '/files/group%2Fproject/tree']],
  ['PATH-52', ADMINS, ['/files/..%2fadmin', '/public%2F..%2Fadmin']],
  ['PATH-52', 'refuse ambiguous_path', ['/api/..%2f..%2fadmin', '/public/x%2F..%2F..%2Fadmin']],
  ['PATH-53', SIGNED_IN, ['/public%2fadmin/x', '/users/7%2favatar']],
  ['PATH-58', SIGNED_IN, ['/favicon.ico', '/robots.txt', '/.well-known/acme-challenge/x', '/.git/config']],
  [
    'PATH-58',
    'allow',
    ['/public/..x', '/public/.x./a', '/public/.x/../a', '/public/.%61', '/public//x', '/public/x.php/y'],
  ],
  ['PHP', ADMINS, ['/index.php/admin/', '/app.php5/admin/x', '/index.PHP/admin']],
  ['Windows', ADMINS, ['/admin::$DATA', '/admin:$i30:$INDEX_ALLOCATION/x', '/admin.::$INDEX_ALLOCATION/x']],
  ['Windows', ADMINS, ['/public/..%20/admin', '/public/..%20%20/admin', '/(S(x))/admin/', '/ad/(S(x))min']],
  ['segments', 'allow', ['/users/7/avatar', '/users/a.b/avatar']],
  ['segments', SIGNED_IN, ['/users/avatar', '/users/7/8/avatar', '/users/7/avatar/', '/users/7', '/users/']],
]

for (const [id, expected, paths] of PATHS) {
  test(`${id}: nobody, alice and bob get "${expected}" for ${paths.join(' ')}`, () => {
    const wanted = expected.includes(' / ') ? expected : `${expected} / ${expected} / ${expected}`
    for (const path of paths) {
      const verdicts = ['nobody', 'alice', 'bob'].map((who) => verdict(POLICY, request(HOST, path), who))
      assert.equal(verdicts.join(' / '), wanted, path)
    }
  })
}

test('RULE-08, RULE-10: a permission is had by the roles that are given it, to the letter, and by no other', () => {
  for (const path of ['/both/x', '/api/x']) {
    assert.equal(verdict(POLICY, request(HOST, path), 'tom'), 'forbid missing_role', path)
    assert.equal(verdict(POLICY, request(HOST, path), 'bob'), 'allow', path)
  }
  for (const path of ['/admin/', '/api/x', '/both'])
    assert.equal(verdict(POLICY, request(HOST, path), 'none'), 'forbid missing_role', path)
})

const METHODS: readonly [id: string, who: string, method: string, path: string, expected: string][] = [
  ['METH-01', 'bob', 'get', '/api/x', 'refuse bad_method'],
  ['METH-01', 'bob', 'FOO', '/public/x', 'refuse bad_method'],
  ['METH-01', 'bob', 'GET,POST', '/api/x', 'refuse bad_method'],
  ['METH-01', 'bob', '', '/api/x', 'refuse bad_method'],
  ['METH-02', 'alice', 'HEAD', '/api/x', 'allow'],
  ['METH-02', 'nobody', 'HEAD', '/healthz', 'allow'],
  ['METH-02', 'nobody', 'POST', '/healthz', 'sign_in'],
  ['METH-02', 'alice', 'DELETE', '/api/x', 'forbid missing_role'],
  ['METH-02', 'bob', 'DELETE', '/api/x', 'allow'],
  ['METH-02', 'alice', 'OPTIONS', '/api/x', 'allow'],
  ['METH-04', 'bob', 'TRACE', '/public/x', 'forbid method_not_named'],
  ['METH-04', 'bob', 'CONNECT', '/', 'forbid method_not_named'],
  ['METH-04', 'nobody', 'PROPFIND', '/public/x', 'forbid method_not_named'],
  ['METH-04', 'bob', 'QUERY', '/api/x', 'forbid method_not_named'],
  ['METH-04', 'bob', 'TRACK', '/api/x', 'refuse bad_method'],
  ['METH-04', 'nobody', 'TRACE', '/trace', 'allow'],
  ['METH-04', 'nobody', 'GET', '/trace', 'sign_in'],
  ['METH-04', 'bob', 'TRACE', '/old', 'forbid denied_by_rule'],
]

for (const [id, who, method, path, expected] of METHODS) {
  test(`${id}: ${who} gets "${expected}" for ${method} ${path}`, () => {
    assert.equal(verdict(POLICY, request(HOST, path, method), who), expected)
  })
}

test('a rule that names no methods keeps an unusual one from falling to a later rule that names it', () => {
  const policy = policyOf(`
version: 1
roles: { admin: [] }
apps:
  - name: dav
    hosts: [dav.test]
    rules:
      - { path: /admin/**, require: { role: admin } }
      - { path: /**, methods: [GET, PROPFIND], allow: anyone }
`)
  assert.equal(verdict(policy, request('dav.test', '/a', 'PROPFIND'), 'nobody'), 'allow')
  assert.equal(verdict(policy, request('dav.test', '/admin/a', 'PROPFIND'), 'nobody'), 'forbid method_not_named')
})

test('RULE-01: an app without rules forbids every path, plain or not', () => {
  for (const path of ['/', '/x', '/a//b', '/%41']) {
    assert.equal(verdict(POLICY, request('closed.example.com', path), 'bob'), 'forbid no_rule', path)
  }
})

test('a path that is not plain passes where every rule gives the same verdict for its method', () => {
  for (const path of ['/a//b', '/caf%C3%A9', '/drop/../x', '/A;b=%2f']) {
    assert.equal(verdict(POLICY, request('open.example.com', path), 'nobody'), 'allow', path)
    assert.equal(verdict(POLICY, request('open.example.com', path, 'PUT'), 'nobody'), 'allow', path)
    assert.equal(verdict(POLICY, request('open.example.com', path, 'TRACE'), 'nobody'), 'forbid method_not_named', path)
    assert.equal(verdict(POLICY, request('x.team.example.com', path), 'tom'), 'allow', path)
    assert.equal(verdict(POLICY, request('x.team.example.com', path), 'alice'), 'forbid missing_role', path)
    assert.equal(verdict(POLICY, request('x.team.example.com', path), 'nobody'), 'sign_in', path)
  }
})

test('rules for other methods take no part', () => {
  const policy = policyOf(`
version: 1
roles: { a: [], b: [] }
apps:
  - name: app
    hosts: [app.test]
    rules:
      - { path: /x/**, methods: [POST], deny: true }
      - { path: /y/**, methods: [GET], require: { role: [a, b] } }
      - { path: /**, methods: [GET, POST], require: { role: [b, a] } }
`)
  assert.equal(judge(policy, request('app.test', '/a//b')).kind, 'require')
  assert.equal(verdict(policy, request('app.test', '/a//b', 'POST'), 'bob'), 'forbid missing_role')
  assert.equal(verdict(policy, request('app.test', '/x//b', 'POST'), 'bob'), 'forbid denied_by_rule')
  assert.equal(verdict(policy, request('app.test', '/a//b', 'PUT'), 'bob'), 'forbid no_rule')
})

test('capital letters in patterns are judged with and without them, and the strictest verdict holds', () => {
  const policy = policyOf(`
version: 1
roles: { admin: [], team: [] }
apps:
  - name: app
    hosts: [app.test]
    rules:
      - { path: /Admin/**, require: { role: admin } }
      - { path: /Open/**, allow: anyone }
      - { path: /open/**, require: { role: team } }
      - { path: /ADMIN/team/**, require: { role: team } }
      - { path: /**, allow: anyone }
`)
  const admin = ['/Admin/x', '/admin/x', '/ADMIN/x', '/aDmIn']
  for (const path of admin) assert.equal(verdict(policy, request('app.test', path), 'nobody'), 'sign_in', path)
  for (const path of admin) assert.equal(verdict(policy, request('app.test', path), 'bob'), 'allow', path)
  for (const path of ['/Open/x', '/open/x']) {
    assert.equal(verdict(policy, request('app.test', path), 'nobody'), 'sign_in', path)
    assert.equal(verdict(policy, request('app.test', path), 'tom'), 'allow', path)
  }
  assert.equal(verdict(policy, request('app.test', '/other'), 'nobody'), 'allow')
  // One reading asks for team, another for admin: whoever has only one of them stays out.
  assert.equal(verdict(policy, request('app.test', '/ADMIN/team/x'), 'tom'), 'forbid missing_role')
  assert.equal(verdict(policy, request('app.test', '/ADMIN/team/x'), 'bob'), 'allow')
})

test('RULE-02: a host that is no app is forbidden without an app', () => {
  const decision = decide(judge(POLICY, request('other.example.com', '/public/a')), null, NOW)
  assert.equal(decision.kind === 'forbid' && decision.app === null && decision.reason, 'unknown_host')
})

test('who is signed in is not told where no rule asks for it', () => {
  const decision = decide(judge(POLICY, request(HOST, '/public/a')), PEOPLE['alice'] ?? null, NOW)
  assert.equal(decision.kind === 'allow' && decision.principal, null)
})

test('a decision carries the app and the very principal that was given', () => {
  const alice = PEOPLE['alice'] ?? null
  const decision = decide(judge(POLICY, request(HOST, '/')), alice, NOW)
  assert.ok(decision.kind === 'allow' && decision.principal === alice && decision.app === POLICY.apps.get('app'))
  const signIn = decide(judge(POLICY, request(HOST, '/')), null, NOW)
  assert.ok(
    signIn.kind === 'sign_in' && signIn.reason === 'nobody' && signIn.app.origin(HOST) === 'https://app.example.com',
  )
})

test('a judgement names the rule that made it, counted from 1 and with its line', () => {
  const judgement = judge(POLICY, request(HOST, '/admin/x'))
  assert.ok(judgement.kind === 'require' && judgement.rule.number === 3 && judgement.rule.source.line === 13)
})

test('the built-in role is one of a policy, with no permissions, whatever the file defines', () => {
  assert.deepEqual(POLICY.roles.get('postern-admin'), [])
  assert.deepEqual([...POLICY.roles.keys()], ['postern-admin', 'user', 'admin', 'team'])
})

test('judging a plain path without a last slash makes no new value', () => {
  assert.equal(judge(POLICY, request(HOST, '/admin/x')), judge(POLICY, request(HOST, '/admin/y')))
})
