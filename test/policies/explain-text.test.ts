import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExplanationReport } from '../../src/policies/explain-report.ts'
import { explainRequest } from '../../src/policies/explain-report.ts'
import { explanationText } from '../../src/policies/explain-text.ts'
import { readWrittenRequest, visitorAs } from '../../src/policies/run-tests-request.ts'
import { compiled, wikiFile } from './sample.ts'

const RULES = [
  '{ path: /healthz, methods: [GET], allow: anyone }',
  '{ path: /public/**, allow: anyone }',
  '{ path: /admin/**, require: { role: admin } }',
  '{ path: /lan/**, networks: [10.0.0.0/8], allow: anyone }',
  "{ path: '/~{login}/**', require: {} }",
  '{ path: /wiki/**, deny: true, query: { action: delete } }',
  '{ path: /wiki/**, deny: true, mode: monitor }',
  '{ path: /wiki/**, require: {} }',
]
const POLICY = compiled(wikiFile(RULES))
const ASKED = {
  request: 'GET https://wiki.example.com/',
  visitor: 'somebody',
  from: '203.0.113.7',
  policy: 'version 1',
}

function explained(path: string, { method = 'GET', roles = null as readonly string[] | null } = {}): ExplanationReport {
  const url = `https://wiki.example.com${path}`
  const original = readWrittenRequest(POLICY, { method, url, from: '203.0.113.7' })
  assert.ok(!('kind' in original), path)
  const principal = roles === null ? null : visitorAs({ login: 'alice', roles, factors: 1 }, 0)
  return explainRequest(POLICY, original, principal, 0)
}

/** Path, who asks, and for each rule that was looked at in the first reading why it matched or not. */
const CASES: readonly (readonly [path: string, roles: readonly string[] | null, kind: string, looked: string])[] = [
  ['/healthz', null, 'allow', '1 allow'],
  ['/admin', ['staff'], 'forbid', '1 path, 2 path, 3 forbid missing_role'],
  ['/lan/x', null, 'forbid', '1 path, 2 path, 3 path, 4 network, 5 path, 6 path, 7 path, 8 path'],
  ['/~bob/x', [], 'forbid', '1 path, 2 path, 3 path, 4 path, 5 login, 6 path, 7 path, 8 path'],
  [
    '/wiki/x?action=delete',
    [],
    'forbid',
    '1 path, 2 path, 3 path, 4 path, 5 path, 6 forbid denied_by_rule, 7 forbid denied_by_rule, 8 allow',
  ],
  ['/wiki/x', [], 'allow', '1 path, 2 path, 3 path, 4 path, 5 path, 6 query, 7 forbid denied_by_rule, 8 allow'],
]

for (const [path, roles, kind, looked] of CASES) {
  test(`${path} as ${roles === null ? 'nobody' : `[${roles.join()}]`}: ${kind} after ${looked}`, () => {
    const { readings, ...report } = explained(path, { roles })
    const found = readings[0]?.rules.map(({ number, missed, outcome }) => `${number} ${missed ?? outcome}`)
    assert.deepEqual([report.kind, found?.join(', ')], [kind, looked])
    assert.deepEqual(
      readings.map(({ decides }) => decides),
      readings.map(() => true),
    )
  })
}

test('the reading that decides is told first, with what reads so; the others say what they come to', () => {
  const report = explained('/public/..%2fAdmin/x')
  const deciding = report.readings.filter(({ decides }) => decides).map(({ path }) => path)
  assert.deepEqual(deciding, ['/Admin/x'])
  const text = explanationText(report, ASKED)
  assert.match(text, /^FORBID\. No rule of the app matches\.\n/)
  assert.match(
    text,
    /judged in 6, and the strictest answer counts\.\n\n=> \/Admin\/x: forbid no_rule, which decides\n {3}read so by .*"resolve dots" of \/public\/\.\.\/Admin\/x/,
  )
  assert.match(text, /\n {3}\/public\/\.\.%2FAdmin\/x: allow\n/)
})

test('the first sentence names the rule, its line, what it says, and why', () => {
  assert.match(
    explanationText(explained('/admin', { roles: [] }), ASKED),
    /^FORBID\. Rule 3 on line 11 decides: "\/admin\/\*\*: require role admin"\. The visitor lacks the role/,
  )
  assert.match(
    explanationText(explained('/healthz'), ASKED),
    /^ALLOW\. Rule 1 on line 9 decides: "\/healthz GET: allow anyone"\.\n/,
  )
  assert.match(explanationText(explained('/x'), ASKED), /no rule matches, and what no rule matches is forbidden/)
})

test('a path with too many readings is said to have them', () => {
  const text = explanationText(explained('/A//b/%2e%2e/c;d=1/%255Ce./'), ASKED)
  assert.match(text, /^REFUSE\..*\n[\s\S]*read in more ways than are judged/)
})

test('of many rules for other paths only their number is told', () => {
  const many = Array.from({ length: 200 }, (_, at) => `{ path: /p${at}, deny: true }`)
  const policy = compiled(wikiFile([...many, '{ path: /x, methods: [PUT], allow: anyone }', '{ require: {} }']))
  const original = readWrittenRequest(policy, { method: 'GET', url: 'https://wiki.example.com/x', from: '10.0.0.1' })
  assert.ok(!('kind' in original))
  const text = explanationText(explainRequest(policy, original, null, 0), ASKED)
  assert.match(text, /\n {5}200 rules that are not for this path\n {5}rule 201, line 209 +not this method /)
  assert.ok(text.split('\n').length < 15)
})
