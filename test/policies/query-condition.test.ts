import assert from 'node:assert/strict'
import test from 'node:test'
import { queryMatches as matches, readQuery } from '../../src/policies/query-condition.ts'
import type { QueryCondition } from '../../src/policies/query-condition.ts'
import { policyOfRules, request, verdict } from './fixture.ts'

const DELETE = new Map([['action', ['delete', 'purge']]])

const SEEN: readonly [servers: string, queries: readonly string[]][] = [
  ['all', ['?action=delete', '?a=b&action=purge', '?action=delete&action=show', '?action=show&action=delete']],
  ['all, after decoding', ['?%61ction=%64elete', '?action=delet%65', '?%61%63%74%69%6f%6e=delete']],
  ['what takes ; for &', ['?a=b;action=delete', '?;;action=delete']],
  ['what takes no account of letter case', ['?Action=DELETE', '?%41CTION=delete']],
  ['PHP and Rails: lists', ['?action[]=delete', '?action[0]=delete', '?action%5B%5D=delete', '?action[x][y]=delete']],
  ['PHP: blanks before a name', ['?+action=delete', '?%20action=delete', '? action=delete', '?%09action=delete']],
  ['what ends a text at a NUL', ['?action%00x=delete', '?action=delete%00.png']],
  ['ASP.NET: %u', ['?%u0061ction=delete', '?action=%u0064elete']],
  ['what compares by NFKC', ['?%EF%BD%81ction=delete', '?action=%EF%BC%A4ELETE']],
  ['image buttons', ['?action.x=delete']],
]
const NOT_SEEN = [
  '',
  '?',
  '?action',
  '?action=',
  '?action=deleted',
  '?actions=delete',
  '?x=action=delete',
  '?delete=action',
]

for (const [servers, queries] of SEEN) {
  test(`a parameter counts that is there to ${servers}`, () => {
    for (const query of queries) assert.equal(queryMatches(DELETE, query), true, query)
  })
}

test('other parameters and other values do not count', () => {
  for (const query of NOT_SEEN) assert.equal(queryMatches(DELETE, query), false, query)
})

test('a name with dots, brackets or blanks counts as it is written and as PHP writes it', () => {
  for (const name of ['user.name', 'user name', 'a[b]', 'a[b].c', 'user_name']) {
    const condition = new Map([[name, null]])
    assert.equal(queryMatches(condition, `?${encodeURIComponent(name)}=x`), true, name)
    assert.equal(queryMatches(condition, `?x${encodeURIComponent(name)}=x`), false, name)
  }
  for (const query of ['?user.name=x', '?user%20name=x', '?user+name=x', '?user[name=x', '?user.name[]=x'])
    assert.equal(queryMatches(new Map([['user_name', null]]), query), true, query)
})

test('all parameters of a condition must be there, in any order', () => {
  const both = new Map([
    ['a', ['1']],
    ['b', null],
  ] as const)
  assert.equal(queryMatches(both, '?b&a=1'), true)
  for (const query of ['?a=1', '?b=1', '?a=2&b', '?a=b']) assert.equal(queryMatches(both, query), false, query)
})

test('a query with more parameters than anybody writes counts as matching', () => {
  assert.equal(queryMatches(DELETE, `?${'x&'.repeat(249)}`), false)
  assert.equal(queryMatches(DELETE, `?${'x&'.repeat(250)}`), true)
})

test('a rule with a query only adds to what the others ask', () => {
  const policy = policyOfRules([
    '{ path: /w/**, query: { action: [delete] }, require: { role: admin } }',
    '{ path: /w/**, query: { open: "*" }, allow: anyone }',
    '{ path: /w/**, require: {} }',
    '{ path: /**, query: { x: y }, deny: true }',
    '{ path: /**, allow: anyone }',
  ])
  const cases: readonly [path: string, nobody: string, alice: string, bob: string][] = [
    ['/w/', 'sign_in', 'allow', 'allow'],
    ['/w/?open=1', 'sign_in', 'allow', 'allow'],
    ['/w/?action=delete', 'sign_in', 'forbid missing_role', 'allow'],
    ['/W//x?ACTION[]=delete&open', 'sign_in', 'forbid missing_role', 'allow'],
    ['/w/?x=y', 'sign_in', 'allow', 'allow'],
    ['/z?x=y', 'forbid denied_by_rule', 'forbid denied_by_rule', 'forbid denied_by_rule'],
    ['/z', 'allow', 'allow', 'allow'],
  ]
  for (const [path, ...expected] of cases) {
    const original = request('app.test', path.replace('ACTION[]', 'ACTION%5B%5D'))
    assert.deepEqual(
      ['nobody', 'alice', 'bob'].map((who) => verdict(policy, original, who)),
      expected,
      path,
    )
  }
})

function queryMatches(condition: QueryCondition, query: string): boolean {
  return matches(condition, readQuery(query))
}
