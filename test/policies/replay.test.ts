import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReplay } from '../../src/policies/replay.ts'
import type { PastRequest } from '../../src/policies/replay.ts'
import { compiled, wikiFile } from './sample.ts'

const CURRENT = compiled(wikiFile(['{ path: /public/**, allow: anyone }', '{ require: {} }']))
const DRAFT = compiled(
  wikiFile(['{ path: /public/**, require: {} }', '{ path: /admin/**, require: { role: admin } }', '{ require: {} }']),
)

function past(facts: Partial<PastRequest> = {}): PastRequest {
  return {
    decidedAt: new Date('2026-11-22T10:00:00Z'),
    method: 'GET',
    scheme: 'https',
    host: 'wiki.example.com',
    path: '/',
    pathIsCut: false,
    clientAddress: '203.0.113.7',
    namedApp: null,
    login: 'alice',
    roles: ['staff'],
    factorAges: [60],
    ...facts,
  }
}

test('what comes out differently is grouped by app, outcome and rule, with a few examples', () => {
  const replay = createReplay(CURRENT, DRAFT)
  for (const path of ['/', '/x', '/wiki']) replay.add(past({ path }))
  for (const path of ['/admin/a', '/admin/b', '/admin/c', '/admin/d', '/admin/a']) replay.add(past({ path }))
  replay.add(past({ path: '/public/a.css', login: null, roles: [], factorAges: [] }))
  const { groups, ...counts } = replay.report()
  assert.deepEqual([counts.replayed, counts.differing, counts.withoutVisitor], [9, 6, 1])
  assert.deepEqual(groups, [
    {
      app: 'wiki',
      from: 'allow',
      to: 'forbid missing_role',
      fromLine: 10,
      toLine: 10,
      count: 5,
      examples: ['a', 'b', 'c'].map((name) => `alice GET https://wiki.example.com/admin/${name}`),
    },
    {
      app: 'wiki',
      from: 'allow',
      to: 'sign_in nobody',
      fromLine: 9,
      toLine: 9,
      count: 1,
      examples: ['nobody GET https://wiki.example.com/public/a.css'],
    },
  ])
})

test('visitors are who they were: roles, factors and how long ago these were proven', () => {
  const draft = compiled(
    wikiFile([
      '{ path: /two, require: { factors: 2 } }',
      '{ path: /fresh, require: { max_auth_age: 5m } }',
      '{ require: {} }',
    ]),
  )
  const outcomes = (facts: Partial<PastRequest>): readonly string[] => {
    const replay = createReplay(CURRENT, draft)
    replay.add(past(facts))
    return replay.report().groups.map(({ to }) => to)
  }
  assert.deepEqual(outcomes({ path: '/two' }), ['sign_in second_factor'])
  assert.deepEqual(outcomes({ path: '/two', factorAges: [60, 90] }), [])
  assert.deepEqual(outcomes({ path: '/fresh' }), [])
  assert.deepEqual(outcomes({ path: '/fresh', factorAges: [301] }), ['sign_in too_long_ago'])
})

test('the app that a proxy named decides as it did then', () => {
  const replay = createReplay(CURRENT, DRAFT)
  replay.add(past({ path: '/admin/', namedApp: 'gone' }))
  replay.add(past({ path: '/admin/', namedApp: 'wiki' }))
  assert.equal(replay.report().differing, 1)
})

test('of what too little is known is skipped and counted, not guessed', () => {
  const replay = createReplay(CURRENT, DRAFT)
  const unknown = [{ method: null }, { scheme: null }, { host: null }, { path: null }]
  for (const facts of [...unknown, { pathIsCut: true }, { host: '..' }, { path: 'x' }]) replay.add(past(facts))
  const { replayed, skipped } = replay.report()
  assert.deepEqual([replayed, skipped], [0, 7])
})

test('a request whose proxy never tells the client’s address is judged without one, as it was', () => {
  const draft = compiled(wikiFile(['{ networks: [10.0.0.0/8], allow: anyone }', '{ require: {} }']))
  const replay = createReplay(CURRENT, draft)
  replay.add(past({ clientAddress: null }))
  const { replayed, groups } = replay.report()
  assert.deepEqual([replayed, groups.map(({ to }) => to)], [1, ['refuse bad_client_address']])
})

test('memory is bounded: what is beyond 500 groups is counted alone', () => {
  const lines = Array.from({ length: 600 }, (_, at) => `{ path: /p${at}, deny: true }`)
  const replay = createReplay(CURRENT, compiled(wikiFile([...lines, '{ require: {} }'])))
  for (let at = 0; at < 600; at++) replay.add(past({ path: `/p${at}` }))
  const { groups, differing, ungrouped } = replay.report()
  assert.deepEqual([groups.length, differing, ungrouped], [500, 600, 100])
})
