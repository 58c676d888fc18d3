import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeMistakes } from '../../src/policies/policy-file.ts'
import { decideTest, readTestedPolicy } from '../../src/policies/run-tests.ts'
import { outcomeOf } from '../../src/policies/decision-words.ts'
import { compiled, readPolicy, wikiFile } from './sample.ts'

const RULES = [
  '{ path: /public/**, allow: anyone }',
  '{ path: /admin/**, require: { role: admin, factors: 2, max_auth_age: 5m } }',
  "{ path: '/~{login}/**', require: {} }",
  '{ path: /lan/**, networks: [10.0.0.0/8], allow: anyone }',
  "{ path: /api/**, require: { permission: 'wiki:read' } }",
]

/** As one line of `tests` and what comes of it. */
const CASES: readonly (readonly [test: string, outcome: string])[] = [
  ['{ as: nobody, request: GET https://wiki.example.com/public/a.css, expect: allow }', 'allow'],
  ['{ as: nobody, request: GET https://wiki.example.com/public/../admin/, expect: sign_in }', 'sign_in nobody'],
  [
    '{ as: { roles: [admin] }, request: GET https://wiki.example.com/admin/, expect: sign_in }',
    'sign_in second_factor',
  ],
  ['{ as: { roles: [admin], factors: 2 }, request: GET https://wiki.example.com/admin/, expect: allow }', 'allow'],
  ['{ as: { user: alice }, request: GET https://wiki.example.com/~alice/x, expect: allow }', 'allow'],
  ['{ as: { user: alice }, request: GET https://wiki.example.com/~bob/x, expect: forbid }', 'forbid no_rule'],
  ['{ as: nobody, request: GET https://wiki.example.com/lan/, from: 10.1.2.3, expect: allow }', 'allow'],
  ['{ as: nobody, request: GET https://wiki.example.com/lan/, expect: forbid }', 'forbid no_rule'],
  ['{ as: { roles: [staff] }, request: GET https://wiki.example.com/api/x?y=1, expect: allow }', 'allow'],
  ['{ as: nobody, request: GET https://wiki.example.com, expect: forbid }', 'forbid no_rule'],
  ['{ as: nobody, request: GET https://wiki.example.com?x, expect: forbid }', 'forbid no_rule'],
  ['{ as: nobody, request: GET https://user@wiki.example.com/public/, expect: refuse }', 'refuse bad_host'],
  ['{ as: nobody, request: GET https://wiki.example.com/public/%zz, expect: refuse }', 'refuse bad_percent_encoding'],
  ['{ as: nobody, request: FOO https://wiki.example.com/public/, expect: refuse }', 'refuse bad_method'],
  ['{ as: nobody, request: GET https://other.example.com/, expect: forbid }', 'forbid unknown_host'],
]

for (const [line, outcome] of CASES) {
  test(`a test ${line} comes to ${outcome}`, async () => {
    const source = wikiFile(RULES, { tests: [line] })
    const [only] = readPolicy(source).tests
    assert.ok(only)
    assert.equal(outcomeOf(decideTest(compiled(source), only)), outcome)
    assert.ok(!Array.isArray(await readTestedPolicy(source)))
  })
}

test('a test that fails is told with line and column, what was expected, what came, and which rule decided', async () => {
  const tests = [
    '{ as: nobody, request: GET https://wiki.example.com/public/, expect: allow }',
    '{ as: { roles: [staff] }, request: GET https://wiki.example.com/public/, expect: forbid }',
  ]
  const mistakes = await readTestedPolicy(wikiFile(RULES, { tests }))
  assert.ok(Array.isArray(mistakes))
  assert.deepEqual(
    mistakes.map(({ line, column, path }) => ({ line, column, path })),
    [{ line: 16, column: 5, path: 'tests[1]' }],
  )
  const text = describeMistakes('p.yaml', mistakes)
  assert.match(
    text,
    /^p\.yaml:16:5: tests\[1\]: .*someone of role staff expects forbid and gets allow by rule 1 of app wiki on line 9\.$/,
  )
})

test('of a file with mistakes no test is run', async () => {
  const tests = ['{ as: nobody, request: GET https://wiki.example.com/public/, expect: forbid }']
  const mistakes = await readTestedPolicy(wikiFile(['{ path: /a, allow: everybody }'], { tests }))
  assert.deepEqual(Array.isArray(mistakes) && mistakes.map(({ line }) => line), [9])
})

test('where several apps share a host, the scheme of an address without port says which is meant', () => {
  const app = (name: string, port: number, rule: string): string[] => [
    `  - { name: ${name}, hosts: [wiki.example.com], port: ${port}, rules: [{ ${rule} }] }`,
  ]
  const head = ['version: 1', 'apps:', ...app('one', 443, 'allow: anyone'), ...app('two', 8443, 'deny: true')]
  const tests = [
    '  - { as: nobody, request: GET https://wiki.example.com/, expect: allow }',
    '  - { as: nobody, request: GET https://wiki.example.com:8443/, expect: forbid }',
  ]
  const source = [...head, 'tests:', ...tests, ''].join('\n')
  const policy = compiled(source)
  assert.deepEqual(
    readPolicy(source).tests.map((each) => decideTest(policy, each).kind),
    ['allow', 'forbid'],
  )
})

test('the tests of a file that is read in a thread of its own are run as well', async () => {
  const many = Array.from({ length: 2_000 }, (_, at) => `{ path: /p${at}/**, require: { role: staff } }`)
  const tests = ['{ as: nobody, request: GET https://wiki.example.com/p7/x, expect: allow }']
  const failing = await readTestedPolicy(wikiFile(many, { tests }))
  assert.deepEqual(Array.isArray(failing) && failing.map(({ line, path }) => [line, path]), [[2_010, 'tests[0]']])
  const fine = await readTestedPolicy(wikiFile(many, { tests: tests.map((line) => line.replace('allow', 'sign_in')) }))
  assert.ok(!Array.isArray(fine))
})
