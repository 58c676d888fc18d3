import assert from 'node:assert/strict'
import test from 'node:test'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { PEOPLE, POLICY, policyOf, request, verdict } from './fixture.ts'

const HOST = 'app.example.com'

const PATHS: readonly [id: string, who: string, expected: string, paths: readonly string[]][] = [
  ['PATH-01', 'nobody', 'allow', ['/public/a.css', '/public', '/public/', '/public/a/b/c?x=/admin']],
  ['PATH-02', 'nobody', 'sign_in', ['/admin/', '/admin', '/admin/x']],
  ['PATH-02', 'alice', 'forbid missing_role', ['/admin/', '/admin', '/admin/x']],
  ['PATH-02', 'bob', 'allow', ['/admin/', '/admin', '/admin/x']],
  ['PATH-04', 'nobody', 'refuse ambiguous_path', ['/public/./../admin/', '/public/../admin', '/public/..']],
  ['PATH-05', 'nobody', 'refuse ambiguous_path', ['/public/%2e%2e/admin/', '/public/%2E./admin/']],
  ['PATH-07', 'bob', 'refuse ambiguous_path', ['/public/..%2fadmin/', '/public/..%2Fadmin/', '/public/%2e%2e%2fadmin']],
  ['PATH-10', 'nobody', 'refuse ambiguous_path', ['/public/%252e%252e/admin', '/public/%25%32%65%25%32%65/admin']],
  [
    'PATH-13',
    'nobody',
    'refuse ambiguous_path',
    ['/public/..;a=b/admin/', '/public;/../admin/', '/admin;x=1', '/;x/admin/'],
  ],
  ['PATH-19', 'nobody', 'refuse ambiguous_path', ['/public/..%5cadmin', '/public%5c..%5cadmin']],
  ['PATH-20', 'alice', 'refuse ambiguous_path', ['//admin/', '///admin/', '//evil.test/public/x', '/public//x']],
  ['PATH-23', 'alice', 'refuse ambiguous_path', ['/admin/.', '/admin/./', '/./admin/', '/admin.', '/admin./x']],
  ['PATH-25', 'alice', 'forbid missing_role', ['/ADMIN/', '/Admin/', '/aDMIN/X', '/ADMIN']],
  ['PATH-25', 'nobody', 'sign_in', ['/PUBLIC/a', '/Public', '/HEALTHZ']],
  ['PATH-25', 'nobody', 'allow', ['/public/READ.ME', '/public/A/b']],
  ['PATH-25', 'bob', 'forbid denied_by_rule', ['/OLD', '/Old/Archive/x']],
  ['PATH-26', 'alice', 'refuse ambiguous_path', ['/%61dmin/', '/adm%69n/', '/%41dmin/']],
  [
    'PATH-31',
    'nobody',
    'refuse ambiguous_path',
    ['/healthz%23x', '/public/%23/../admin', '/healthz%3fx', '/admin%3f/public/'],
  ],
  ['PATH-34', 'nobody', 'sign_in', ['/private?path=/healthz', '/private?/public/a', '/?/healthz']],
  [
    'PATH-35',
    'nobody',
    'sign_in',
    ['/healthz/', '/healthz/x', '/healthzz', '/healthz.json', '/health', '/publicx', '/'],
  ],
  ['PATH-35', 'nobody', 'allow', ['/healthz', '/healthz?x=1']],
  [
    'PATH-37',
    'alice',
    'allow',
    ['/adminX', '/admin-old', '/admin.old', '/a/admin/x', '/oldest', '/old/x', '/old/archived'],
  ],
  [
    'PATH-41',
    'bob',
    'refuse ambiguous_path',
    ['/%EF%BC%8E%EF%BC%8E/admin', '/%EF%BC%8Fadmin', '/%C5%BFecret', '/caf%65%CC%81'],
  ],
  ['PATH-49', 'nobody', 'allow', ['/public/a,/admin/', '/public/@scope/x', '/public/.x/y']],
  ['PATH-49', 'nobody', 'sign_in', ['/admin/a,/public/', '/admin,/public/', '/,/public/', '/@public/a', '/.public/a']],
  ['PATH-53', 'nobody', 'refuse ambiguous_path', ['/public%2fadmin/x']],
  ['PATH-58', 'nobody', 'sign_in', ['/favicon.ico', '/robots.txt', '/.well-known/acme-challenge/x', '/.git/config']],
  ['PATH-58', 'nobody', 'refuse ambiguous_path', ['/public/..x', '/public/.x./a', '/public/.x/../a', '/public/.%61']],
  ['segments', 'nobody', 'allow', ['/users/7/avatar', '/users/a.b/avatar']],
  ['segments', 'nobody', 'sign_in', ['/users/avatar', '/users/7/8/avatar', '/users/7/avatar/', '/users/7', '/users/']],
  ['RULE-08', 'tom', 'forbid missing_role', ['/both/x', '/api/x']],
  ['RULE-08', 'bob', 'allow', ['/both/x', '/api/x']],
  ['RULE-10', 'none', 'forbid missing_role', ['/admin/', '/api/x', '/both']],
]

for (const [id, who, expected, paths] of PATHS) {
  test(`${id}: ${who} gets "${expected}" for ${paths.join(' ')}`, () => {
    for (const path of paths) assert.equal(verdict(POLICY, request(HOST, path), who), expected, path)
  })
}

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

test('rules that differ only for other methods do not make a path ambiguous', () => {
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
  assert.equal(verdict(policy, request('app.test', '/a//b', 'POST'), 'bob'), 'refuse ambiguous_path')
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
  assert.equal(verdict(policy, request('app.test', '/Open/x'), 'nobody'), 'sign_in')
  assert.equal(verdict(policy, request('app.test', '/Open/x'), 'tom'), 'allow')
  assert.equal(verdict(policy, request('app.test', '/other'), 'nobody'), 'allow')
  // One reading asks for team, another for admin: whoever has only one of them stays out.
  assert.equal(verdict(policy, request('app.test', '/ADMIN/team/x'), 'tom'), 'forbid missing_role')
  assert.equal(verdict(policy, request('app.test', '/ADMIN/team/x'), 'bob'), 'allow')
})

test('RULE-02: a host that is no app is forbidden without an app', () => {
  const decision = decide(judge(POLICY, request('other.example.com', '/public/a')), null)
  assert.equal(decision.kind === 'forbid' && decision.app === null && decision.reason, 'unknown_host')
})

test('who is signed in is not told where no rule asks for it', () => {
  const decision = decide(judge(POLICY, request(HOST, '/public/a')), PEOPLE['alice'] ?? null)
  assert.equal(decision.kind === 'allow' && decision.principal, null)
})

test('a decision carries the app and the very principal that was given', () => {
  const alice = PEOPLE['alice'] ?? null
  const decision = decide(judge(POLICY, request(HOST, '/')), alice)
  assert.ok(decision.kind === 'allow' && decision.principal === alice && decision.app === POLICY.apps.get('app'))
  const signIn = decide(judge(POLICY, request(HOST, '/')), null)
  assert.ok(signIn.kind === 'sign_in' && signIn.factors === 1 && signIn.app.origin(HOST) === 'https://app.example.com')
})

test('a judgement names the rule that made it, counted from 1 and with its line', () => {
  const judgement = judge(POLICY, request(HOST, '/admin/x'))
  assert.ok(judgement.kind === 'require' && judgement.rule.number === 3 && judgement.rule.source.line === 13)
})

test('the built-in role is one of a policy, with no permissions, whatever the file defines', () => {
  assert.deepEqual(POLICY.roles.get('postern-admin'), [])
  assert.deepEqual([...POLICY.roles.keys()], ['postern-admin', 'user', 'admin', 'team'])
})

test('judging a plain path makes no new value', () => {
  assert.equal(judge(POLICY, request(HOST, '/admin/x')), judge(POLICY, request(HOST, '/admin/y')))
})
