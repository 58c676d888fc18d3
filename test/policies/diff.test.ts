import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffLines } from '../../src/policies/diff-lines.ts'
import { diffPolicies } from '../../src/policies/diff.ts'
import { readPolicy, wikiFile } from './sample.ts'

const ONE = ['{ path: /a, allow: anyone }', '{ path: /b, deny: true }', '{ path: /c, require: {} }']

function told(from: string, to: string): string[] {
  return diffPolicies(readPolicy(from), readPolicy(to)).map(
    ({ change, what, app, text }) => `${change} ${what} ${app ?? '-'} ${text}`,
  )
}

const CASES: readonly (readonly [what: string, from: string, to: string, expected: readonly string[]])[] = [
  ['the same text', wikiFile(ONE), wikiFile(ONE), []],
  ['a comment', wikiFile(ONE), `# why\n${wikiFile(ONE)}`, []],
  [
    'a rule more and one less',
    wikiFile(ONE),
    wikiFile([...ONE.slice(0, 2), '{ path: /d, allow: anyone }']),
    ['removed rule wiki line 11 /c: require somebody signed in', 'added rule wiki line 11 /d: allow anyone'],
  ],
  [
    'a rule that asks for more',
    wikiFile(ONE),
    wikiFile([...ONE.slice(0, 2), '{ path: /c, require: { role: [staff, admin], factors: 2, max_auth_age: 5m } }']),
    [
      'changed rule wiki line 11 /c: require somebody signed in  ->  ' +
        'line 11 /c: require role staff or admin, 2 factors, proof not older than 5 min',
    ],
  ],
  [
    'another order',
    wikiFile(ONE),
    wikiFile([ONE[1] ?? '', ONE[0] ?? '', ONE[2] ?? '']),
    ['moved rule wiki the order differs from here on: line 9 /b: deny'],
  ],
  [
    'settings of an app',
    wikiFile(ONE),
    wikiFile(ONE, { app: ['port: 8443', 'headers: { X-User: "{login}" }', 'outage: closed', 'basic: true'] }),
    [
      'changed app wiki wiki: port default -> 8443; outage grace -> closed; basic default -> passwords; headers +X-User={login}',
    ],
  ],
  [
    'how an app stands on the start page',
    wikiFile(ONE),
    wikiFile(ONE, { app: ['title: The wiki', 'icon: W', 'hidden: true'] }),
    ['changed app wiki wiki: title default -> The wiki; hidden false -> true; icon'],
  ],
  [
    'roles',
    wikiFile(ONE),
    wikiFile(ONE).replace("staff: ['wiki:read']", "editor: []\n  staff: ['wiki:write']"),
    ['added role - editor', 'changed role - staff: permissions +wiki:write -wiki:read'],
  ],
  [
    'of whom a second factor is demanded',
    wikiFile(ONE),
    `${wikiFile(ONE)}second_factor: { roles: staff, grace_days: 7 }\n`,
    ['changed second_factor - roles +staff; grace_days default -> 7'],
  ],
  [
    'an app more and one less',
    wikiFile(ONE),
    wikiFile(ONE).replace('name: wiki', 'name: docs'),
    ['removed app wiki wiki', 'added app docs docs'],
  ],
  [
    'tests',
    wikiFile(ONE),
    wikiFile(ONE, { tests: ['{ as: nobody, request: GET https://wiki.example.com/a, expect: allow }'] }),
    ['changed tests - 1 new, 0 gone'],
  ],
]

for (const [what, from, to, expected] of CASES) {
  test(`a difference in ${what} is told as such`, () => assert.deepEqual(told(from, to), expected))
}

test('lines are compared as a unified diff with both names', () => {
  const patch = diffLines({ name: 'version 1', text: 'a\nb\n' }, { name: 'p.yaml', text: 'a\nc\n' })
  assert.equal(patch, '--- version 1\n+++ p.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n')
  assert.equal(diffLines({ name: 'x', text: 'a' }, { name: 'y', text: 'a' }), '')
})

test('two texts that have nothing in common are not compared line by line', () => {
  const lines = (letter: string): string => Array.from({ length: 3_000 }, (_, at) => `${letter}${at}\n`).join('')
  assert.equal(diffLines({ name: 'x', text: lines('a') }, { name: 'y', text: lines('b') }), null)
})

test('of policies with thousands of rules differences are found in less than a second', () => {
  const rules = (from: number) => Array.from({ length: 3_000 }, (_, at) => `{ path: /p${from + at}, allow: anyone }`)
  const [before, after] = [readPolicy(wikiFile(rules(0))), readPolicy(wikiFile(rules(1_500)))]
  const startedAt = performance.now()
  assert.equal(diffPolicies(before, after).length, 3_000)
  assert.ok(performance.now() - startedAt < 1_000)
})
