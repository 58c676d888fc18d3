import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Principal } from '../../src/lib/principal.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { decidingReading } from '../../src/policies/deciding-reading.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { explain } from '../../src/policies/explain.ts'
import { originalOf } from '../../src/policies/replay.ts'
import { visitorAs } from '../../src/policies/run-tests-request.ts'
import { compiled, wikiFile } from './sample.ts'

const POLICY = compiled(
  wikiFile([
    '{ path: /admin/**, require: { role: admin } }',
    '{ path: "/home/{login}/**", require: {} }',
    '{ path: /home/**, deny: true }',
    '{ path: /open/**, allow: anyone }',
    '{ path: /gone/**, deny: true }',
    '{ require: {} }',
  ]),
)
const ALICE = visitorAs({ login: 'alice', roles: [], factors: 1 }, 0)

function readingOf(path: string, principal: Principal | null = ALICE, policy: CompiledPolicy = POLICY): string | null {
  const original = originalOf({
    decidedAt: new Date(0),
    method: 'GET',
    scheme: 'https',
    host: 'wiki.example.com',
    path,
    pathIsCut: false,
    clientAddress: '203.0.113.7',
    namedApp: null,
    login: null,
    roles: [],
    factorAges: [],
  })
  if (original === null) return 'unreadable'
  return decidingReading(policy, original, decide(judge(policy, original), principal, 0))
}

test('the path as the rule that decided read it is told where it was sent in another way', () => {
  const cases: readonly (readonly [path: string, reading: string | null])[] = [
    ['/admin/x', null],
    ['/admin/', null],
    ['/%61dmin/x', null],
    ['/ADMIN/x', '/admin/x'],
    ['/open/../admin/x', '/admin/x'],
    ['/open//..%2fadmin/x', '/admin/x'],
    ['/open/%252e%252e/admin/x', '/admin/x'],
    ['/home/bob/x', null],
    ['/HOME/bob/x', '/home/bob/x'],
    ['/gone/x', null],
    ['//gone/x', '/gone/x'],
  ]
  for (const [path, reading] of cases) assert.equal(readingOf(path), reading, path)
})

test('what belongs to no app, or was not judged, was read in no way', () => {
  assert.equal(
    readingOf('/admin/x', ALICE, compiled(wikiFile(['{ require: {} }']).replace('wiki.example', 'x.example'))),
    null,
  )
})

test('it is one of the readings that an explanation tells of, and the one whose rule decides', () => {
  const piece = fc.constantFrom('/', 'admin', 'ADMIN', 'open', '..', '.', '%2e', '%2f', ';x', 'home', 'bob', '.json')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = `/${pieces.join('')}`
      const reading = readingOf(path)
      if (reading === null || reading === 'unreadable') return
      const original = originalOf({
        decidedAt: new Date(0),
        method: 'GET',
        scheme: 'https',
        host: 'wiki.example.com',
        path,
        pathIsCut: false,
        clientAddress: '203.0.113.7',
        namedApp: null,
        login: null,
        roles: [],
        factorAges: [],
      })
      assert.ok(original !== null)
      const { decision, readings } = explain(POLICY, original, ALICE, 0)
      const rule = 'rule' in decision ? (decision.rule?.number ?? null) : null
      const decides = readings.filter(
        ({ rules }) => (rules.findLast(({ missed }) => missed === null)?.number ?? null) === rule,
      )
      assert.ok(
        decides.some((each) => each.path === reading),
        path,
      )
    }),
    { numRuns: 3_000 },
  )
})
