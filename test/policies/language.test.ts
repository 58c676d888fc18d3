import assert from 'node:assert/strict'
import test from 'node:test'
import type { Principal } from '../../src/lib/principal.ts'
import { readAsked } from '../../src/policies/asked.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { lookUps } from '../../src/policies/look-ups.ts'
import { explain } from '../../src/policies/explain.ts'
import { wouldBe } from '../../src/policies/monitor.ts'
import { describeDecision, NOW, policyOf, policyOfRules, principal, request, verdict } from './fixture.ts'

const HOST = 'app.test'
const MINUTE_MS = 60_000

test('IP-01: a rule for some networks is for their clients alone, and others come to the rules below', () => {
  const policy = policyOfRules([
    '{ path: /lan/**, networks: [10.20.0.0/16, "2001:db8::/32"], require: {} }',
    '{ path: /lan/**, deny: true }',
    '{ networks: 10.20.1.1, allow: anyone }',
  ])
  const from = (clientAddress: string, path = '/lan/'): string =>
    verdict(policy, request(HOST, path, 'GET', { clientAddress }), 'alice')
  for (const address of ['10.20.1.1', '10.20.255.255', '2001:db8::1']) assert.equal(from(address), 'allow', address)
  for (const address of ['203.0.113.7', '10.21.0.1', '2001:db9::1', '::1'])
    assert.equal(from(address), 'forbid denied_by_rule', address)
  assert.equal(from('10.20.1.1', '/x'), 'allow')
  assert.equal(from('10.20.1.2', '/x'), 'forbid no_rule')
})

test('IP-05: what is no address is in no network', () => {
  const policy = policyOfRules(['{ networks: [0.0.0.0/0, "::/0"], allow: anyone }'])
  const untold = request(HOST, '/', 'GET', { clientAddress: '' })
  assert.equal(verdict(policy, untold, 'alice'), 'refuse bad_client_address')
  for (const clientAddress of ['unknown', '10.20.1', '010.020.1.1', '10.20.1.1%eth0'])
    assert.equal(
      verdict(policy, request(HOST, '/', 'GET', { clientAddress }), 'alice'),
      'forbid no_rule',
      clientAddress,
    )
})

test("{login} in a path is the visitor's own folder, in every reading of it", () => {
  const policy = policyOfRules(['{ path: "/~{login}/**", require: {} }', '{ deny: true }'])
  const cases: readonly [path: string, nobody: string, alice: string, bob: string][] = [
    ['/~alice/x', 'sign_in', 'allow', 'forbid denied_by_rule'],
    ['/~alice', 'sign_in', 'allow', 'forbid denied_by_rule'],
    ['/~bob//x', 'sign_in', 'forbid denied_by_rule', 'allow'],
    ['/~bob/../~alice/x', 'sign_in', 'forbid denied_by_rule', 'forbid denied_by_rule'],
    ['/~bob/..%2f~alice/x', 'sign_in', 'forbid denied_by_rule', 'forbid denied_by_rule'],
    ['/%7Ealice/x', 'sign_in', 'allow', 'forbid denied_by_rule'],
    ['/~ALICE/x', 'sign_in', 'forbid denied_by_rule', 'forbid denied_by_rule'],
    ['/~/x', 'forbid denied_by_rule', 'forbid denied_by_rule', 'forbid denied_by_rule'],
  ]
  for (const [path, ...expected] of cases) {
    const verdicts = ['nobody', 'alice', 'bob'].map((who) => verdict(policy, request(HOST, path), who))
    assert.deepEqual(verdicts, expected, path)
  }
  assert.equal(verdict(policy, request(HOST, '/~alice/x', 'PROPFIND'), 'bob'), 'forbid denied_by_rule')
  assert.equal(verdict(policy, request(HOST, '/~alice/x', 'PROPFIND'), 'alice'), 'forbid method_not_named')
})

test('a rule of another reading is kept beside that for the own folder', () => {
  const policy = policyOfRules([
    '{ path: "/{login}", require: {} }',
    '{ path: /x/y, require: { role: admin } }',
    '{ deny: true }',
  ])
  assert.equal(verdict(policy, request(HOST, '/x%2fy'), 'nobody'), 'sign_in')
  assert.equal(verdict(policy, request(HOST, '/x%2fy'), 'bob'), 'forbid denied_by_rule')
})

test('HOST-01: {login} in front of a host is for that visitor, but for what is for anyone', () => {
  const policy = policyOf(`
version: 1
roles: { user: [], admin: [] }
apps:
  - name: app
    hosts: ['{login}.dev.test', shared.dev.test]
    rules:
      - { path: /public/**, allow: anyone }
      - { path: "/{login}/**", require: {} }
      - require: {}
`)
  const cases: readonly [host: string, path: string, nobody: string, alice: string, bob: string][] = [
    ['alice.dev.test', '/', 'sign_in', 'allow', 'forbid not_named'],
    ['ALICE.dev.test.', '/x//y', 'sign_in', 'allow', 'forbid not_named'],
    ['alice.dev.test', '/bob/', 'sign_in', 'allow', 'forbid not_named'],
    ['alice.dev.test', '/public/', 'allow', 'allow', 'allow'],
    ['shared.dev.test', '/', 'sign_in', 'allow', 'allow'],
    ['a.alice.dev.test', '/', 'forbid unknown_host', 'forbid unknown_host', 'forbid unknown_host'],
  ]
  for (const [host, path, ...expected] of cases) {
    const verdicts = ['nobody', 'alice', 'bob'].map((who) => verdict(policy, request(host, path), who))
    assert.deepEqual(verdicts, expected, `${host}${path}`)
  }
})

test('several keys of a requirement must all be met, of a list any one', () => {
  const policy = policyOfRules(['{ require: { user: [alice, bob], role: [admin, staff] } }'])
  const people = [principal('alice', ['staff']), principal('bob', ['other']), principal('eve', ['admin', 'staff'])]
  assert.deepEqual(
    people.map((who) => decided(policy, '/', who)),
    ['allow', 'forbid missing_role', 'forbid not_named'],
  )
})

test('as many factors are asked for as a rule says, and as late as it says', () => {
  const policy = policyOfRules([
    '{ path: /two/**, require: { factors: 2 } }',
    '{ path: /late/**, require: { max_auth_age: 15m } }',
    '{ path: /both/**, require: { factors: 2, max_auth_age: 15m } }',
  ])
  const late = NOW - 16 * MINUTE_MS
  const soon = NOW - 14 * MINUTE_MS
  const cases: readonly [factors: Principal['factors'], two: string, late: string, both: string][] = [
    [{ password: soon }, 'sign_in second_factor', 'allow', 'sign_in second_factor'],
    [{ password: late }, 'sign_in second_factor', 'sign_in too_long_ago', 'sign_in second_factor'],
    [{ password: soon, totp: soon }, 'allow', 'allow', 'allow'],
    [{ password: late, totp: soon }, 'allow', 'allow', 'sign_in too_long_ago'],
    [{ password: late, totp: late }, 'allow', 'sign_in too_long_ago', 'sign_in too_long_ago'],
  ]
  for (const [factors, ...expected] of cases) {
    const who = principal('alice', [], factors)
    assert.deepEqual(
      ['/two', '/late', '/both'].map((path) => decided(policy, path, who)),
      expected,
    )
  }
})

test('of what two readings ask, a second factor outweighs a new sign-in, and what can not be met outweighs both', () => {
  const policy = policyOfRules([
    '{ path: /a/b/x, require: { factors: 2 } }',
    '{ path: /a/*/x, require: { max_auth_age: 15m } }',
    '{ path: /a/c/**, require: { role: admin } }',
    '{ require: { max_auth_age: 15m } }',
  ])
  const who = principal('alice', [], { password: NOW - 20 * MINUTE_MS })
  assert.equal(decided(policy, '/a//b/x', who), 'sign_in second_factor')
  assert.equal(decided(policy, '/a//c', who), 'forbid missing_role')
  assert.equal(decided(policy, '/a//d', who), 'sign_in too_long_ago')
})

test('a preflight passes where a rule lets it, and nowhere else', () => {
  const policy = policyOfRules(['{ path: /api/**, methods: [OPTIONS], allow: anyone }', '{ require: {} }'])
  assert.equal(verdict(policy, request(HOST, '/api/x', 'OPTIONS'), 'nobody'), 'allow')
  assert.equal(verdict(policy, request(HOST, '/api/x'), 'nobody'), 'sign_in')
  assert.equal(verdict(policy, request(HOST, '/x', 'OPTIONS'), 'nobody'), 'sign_in')
})

test('who is signed in is told where a rule for anyone says so, and by no reading that does not', () => {
  const policy = policyOfRules(['{ path: /p/a, allow: anyone, identify: true }', '{ path: /p/**, allow: anyone }'])
  const who = principal('alice', [])
  const told = (path: string): Principal | null => {
    const decision = decide(judge(policy, request(HOST, path)), who, NOW)
    return decision.kind === 'allow' ? decision.principal : assert.fail(path)
  }
  assert.deepEqual([told('/p/a'), told('/p/b'), told('/p/A'), told('/p//a')], [who, null, null, null])
})

test('a rule in monitor mode decides nothing, and what it would have decided is told', () => {
  const policy = policyOfRules([
    '{ path: /a/**, mode: monitor, require: { role: admin } }',
    '{ path: /a/x/**, mode: monitor, deny: true }',
    '{ path: /a/**, methods: [GET], require: {} }',
    '{ mode: monitor, deny: true }',
  ])
  const who = principal('alice', [])
  const seen = (path: string, by: Principal | null): string[] =>
    wouldBe(policy, request(HOST, path), by, NOW).map(
      ({ rule, decision }) => `${rule.number} ${describeDecision(decision)}`,
    )
  assert.equal(decided(policy, '/a/x', who), 'allow')
  assert.equal(decided(policy, '/b', who), 'forbid no_rule')
  assert.deepEqual(seen('/a/x', who), ['1 forbid missing_role', '2 forbid denied_by_rule'])
  assert.deepEqual(seen('/a/y', null), ['1 sign_in'])
  // To a server that tells letter case apart the first rules don't hold for it.
  assert.deepEqual(seen('/A//X', who), ['1 forbid missing_role', '2 forbid denied_by_rule', '4 forbid denied_by_rule'])
  assert.deepEqual(seen('/b', who), ['4 forbid denied_by_rule'])
})

test('a rule in monitor mode sees the methods that headers name, once and as the strictest has it', () => {
  const policy = policyOfRules([
    '{ path: /a, methods: [DELETE], mode: monitor, deny: true }',
    '{ mode: monitor, allow: anyone }',
    '{ require: {} }',
  ])
  const seen = (overrides: readonly string[], path = '/a'): string[] =>
    wouldBe(policy, request(HOST, path, 'POST', { overrides }), null, NOW).map(
      ({ rule, decision }) => `${rule.number} ${describeDecision(decision)}`,
    )
  assert.deepEqual(seen([]), ['2 allow'])
  assert.deepEqual(seen(['DELETE']), ['1 forbid denied_by_rule', '2 allow'])
  assert.deepEqual(seen(['PROPFIND', 'GET'], '/b'), ['2 forbid method_not_named'])
})

test('an alias of an identity header refuses the request, whatever the path, unless the app ignores them', () => {
  const rules = ['{ path: /x, allow: anyone }', '{ allow: anyone, identify: true }']
  const aliased = (name: string) => request(HOST, '/x', 'GET', { aliases: [name] })
  const [guarded, chained] = [policyOfRules(rules), policyOfRules(rules, ['alias_guard: ignore'])]
  for (const name of ['remote-user', 'x-postern-uri']) {
    assert.equal(verdict(guarded, aliased(name), 'alice'), 'refuse identity_header', name)
    assert.equal(verdict(chained, aliased(name), 'alice'), 'allow', name)
  }
  assert.equal(verdict(guarded, aliased('x-other-header'), 'alice'), 'allow')
})

test('an explanation tells of each rule which of its conditions does not hold', () => {
  const policy = policyOfRules([
    '{ path: /b, deny: true }',
    '{ path: "/{login}", require: {} }',
    '{ path: /a, methods: [POST], deny: true }',
    '{ path: /a, networks: 10.0.0.0/8, deny: true }',
    '{ path: /a, query: { x: y }, deny: true }',
    '{ path: /a, mode: monitor, deny: true }',
    '{ path: /a, require: { role: admin } }',
    '{ allow: anyone }',
  ])
  const { decision, app, readings } = explain(policy, request(HOST, '/a?x=z'), principal('alice', []), NOW)
  assert.deepEqual([describeDecision(decision), app, readings.length], ['forbid missing_role', 'app', 1])
  assert.deepEqual(
    readings[0]?.rules.map(({ number, missed }) => `${number} ${missed}`),
    ['1 path', '2 login', '3 method', '4 network', '5 query', '6 null', '7 null'],
  )
})

test('a path that has one reading is looked up once for each end that servers may leave off, and list of patterns', () => {
  const counts = (...rules: string[]): (number | undefined)[] => {
    const { bare, dotted, slashed } = policyOfRules(rules).apps.get('app')?.plainForms ?? {}
    return [bare?.length, dotted?.length, slashed?.length]
  }
  assert.deepEqual(counts('{ path: /a/**, deny: true }', '{ require: {} }'), [1, 3, 2])
  assert.deepEqual(counts('{ path: /robots.txt, allow: anyone }', '{ require: {} }'), [2, 3, undefined])
  assert.deepEqual(counts('{ mode: monitor, deny: true }', '{ require: {} }'), [undefined, undefined, undefined])
})

test('RULE-05: however many rules there are, a path is looked up a bounded number of times', () => {
  const rules = Array.from({ length: 10_000 }, (_, place) => `{ path: /${place % 100}/*/r${place}/**, require: {} }`)
  const policy = policyOfRules([...rules, '{ allow: anyone }'])
  const path = `/99/A%2fb/../r9999;x/${'%C3%A9a.'.repeat(800)}`
  const original = request(HOST, path)
  const asked = readAsked(policy, original)
  assert.ok(!('kind' in asked))
  // 16 readings in 18 forms and with 3 twins each at the most.
  assert.ok((lookUps(asked)?.paths.length ?? 0) <= 16 * (18 + 3))
})

function decided(policy: Parameters<typeof judge>[0], path: string, who: Principal | null): string {
  return describeDecision(decide(judge(policy, request(HOST, path)), who, NOW))
}
