import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { describeMistakes } from '../../src/policies/policy-file.ts'
import { readTestedPolicy } from '../../src/policies/run-tests.ts'

/** What the policy page says, as rules of one app with tests for them. */
const STATEMENTS: readonly [statement: string, rules: string, tests: readonly string[]][] = [
  [
    'a pattern is that path alone',
    '- { path: /healthz, allow: anyone }',
    ['nobody GET /healthz allow', 'nobody GET /healthz/x forbid'],
  ],
  [
    '* is one whole segment',
    '- { path: /users/*/avatar, allow: anyone }',
    ['nobody GET /users/alice/avatar allow', 'nobody GET /users/avatar forbid', 'nobody GET /users/a/b/avatar forbid'],
  ],
  [
    '** is the folder and all below',
    '- { path: /files/**, allow: anyone }',
    ['nobody GET /files allow', 'nobody GET /files/ allow', 'nobody GET /files/a/b allow', 'nobody GET /files2 forbid'],
  ],
  [
    '{login} is the own name of the visitor',
    '- { path: "/~{login}/**", require: {} }',
    ['alice GET /~alice/notes allow', 'bob GET /~alice/notes forbid', 'nobody GET /~alice/notes sign_in'],
  ],
  [
    'letters of all languages, written raw or encoded',
    '- { path: [/über/grün, "/%C3%BCber"], allow: anyone }',
    ['nobody GET /%C3%BCber/gr%C3%BCn allow', 'nobody GET /%C3%BCber allow'],
  ],
  [
    'a path that leaves a public folder is not public',
    '- { path: /public/**, allow: anyone }\n- { path: /admin/**, require: { role: staff } }',
    [
      'nobody GET /public/a%2Fb allow',
      'nobody GET /public/..%2fadmin sign_in',
      'nobody GET /public/%252e%252e/admin sign_in',
    ],
  ],
  [
    'patterns that differ by letter case guard each other',
    '- { path: /Docs/**, allow: anyone }\n- { path: /docs/**, require: { role: staff } }',
    ['nobody GET /Docs/a sign_in', 'nobody GET /docs/a sign_in'],
  ],
  [
    'without methods only ordinary ones pass',
    '- { path: /dav/**, methods: [PROPFIND], allow: anyone }\n- { allow: anyone }',
    ['nobody PATCH /x allow', 'nobody PROPFIND /x forbid', 'nobody PROPFIND /dav/x allow'],
  ],
  ['GET brings HEAD along', '- { methods: [GET], allow: anyone }', ['nobody HEAD / allow', 'nobody POST / forbid']],
  [
    'a query only adds',
    '- { query: { action: delete }, require: { role: staff } }\n- { query: { free: "*" }, allow: anyone }\n- { require: {} }',
    [
      'alice GET /?action=delete forbid',
      'alice GET /?x=1&Action=DELETE forbid',
      'nobody GET /?free=1 sign_in',
      'alice GET /?a=b allow',
    ],
  ],
  [
    'a rule that is for somebody else passes nothing on',
    '- { path: /a, require: { role: staff } }\n- { require: {} }',
    ['alice GET /a forbid', 'nobody GET /a sign_in', 'alice GET /b allow'],
  ],
  [
    'all keys of require must be met',
    '- { require: { role: staff, user: bob } }',
    ['alice GET / forbid', 'bob GET / forbid'],
  ],
  ['factors ask for a second factor', '- { require: { factors: 2, max_auth_age: 12h } }', ['alice GET / sign_in']],
  [
    'monitor changes nothing',
    '- { path: /reports/**, mode: monitor, deny: true }\n- { require: {} }',
    ['alice GET /reports/1 allow'],
  ],
  [
    'preflights pass for everybody',
    '- { path: /api/**, methods: [OPTIONS], allow: anyone }\n- { path: /api/**, require: { role: staff } }',
    ['nobody OPTIONS /api/x allow', 'nobody GET /api/x sign_in'],
  ],
]

suite('what the policy page says', () => {
  for (const [statement, rules, tests] of STATEMENTS) {
    test(statement, async () => {
      const read = await readTestedPolicy(policyOf(rules, tests))
      assert.ok(!Array.isArray(read), Array.isArray(read) ? describeMistakes('policy', read) : '')
    })
  }

  test('a host with {login} is for its owner, and an exact name goes before one with *', async () => {
    const app = (name: string, host: string, rule: string): string =>
      `  - { name: ${name}, hosts: ["${host}"], rules: [${rule}] }\n`
    const apps =
      app('own', '{login}.home.test', '{ path: /open, allow: anyone }, { require: {} }') +
      app('wild', '*.test', '{ deny: true }') +
      app('wiki', 'wiki.test', '{ allow: anyone }')
    const tests = [
      ['{ user: alice }', 'alice.home.test/', 'allow'],
      ['{ user: bob }', 'alice.home.test/', 'forbid'],
      ['nobody', 'alice.home.test/open', 'allow'],
      ['nobody', 'wiki.test/', 'allow'],
      ['nobody', 'other.test/', 'forbid'],
      ['nobody', 'a.other.test/', 'forbid'],
    ]
    const lines = tests.map(
      ([as, url, expect]) => `  - { as: ${as}, request: GET https://${url}, expect: ${expect} }\n`,
    )
    const read = await readTestedPolicy(`version: 1\napps:\n${apps}tests:\n${lines.join('')}`)
    assert.ok(!Array.isArray(read), Array.isArray(read) ? describeMistakes('policy', read) : '')
  })
})

function policyOf(rules: string, tests: readonly string[]): string {
  const lines = tests.map((each) => {
    const [who, method, path, expect] = each.split(' ')
    const as = who === 'nobody' ? 'nobody' : `{ user: ${who} }`
    return `  - { as: ${as}, request: "${method} https://app.test${path}", expect: ${expect} }`
  })
  const app = `  - name: app\n    hosts: [app.test]\n    rules:\n${rules.replaceAll(/^/gm, '      ')}`
  return `version: 1\nroles: { staff: [] }\napps:\n${app}\ntests:\n${lines.join('\n')}\n`
}
