import assert from 'node:assert/strict'
import test from 'node:test'
import { policyOfRules, request, verdict } from './fixture.ts'

const CLOSED = policyOfRules([
  '{ path: /report, deny: true }',
  '{ path: /admin/**, require: { role: admin } }',
  '{ path: /x, query: { action: delete }, require: { role: admin } }',
  '{ path: /api/**, methods: [DELETE], require: { role: admin } }',
  '{ require: {} }',
])

const PATHS = [
  '/report.json',
  '/report.a.b',
  '/report..json',
  '/report%2e%2ejson',
  '/%20report',
  '/report%20',
  '/admin.a.b',
  '/admin..json',
  '/%20admin/x',
  '/%C2%A0admin/x',
  '/admin%E2%80%A8/x',
  '/admin%E1%9A%80/x',
  '/x?action=delete',
  '/x%3Faction=delete',
  '/x%3Faction=delete?y',
  '/x%253Faction=delete',
]
for (const path of PATHS) {
  test(`what some server takes for a closed page stays closed: ${path}`, () => {
    assert.match(verdict(CLOSED, request('app.test', path), 'tom'), /^forbid/)
  })
}

test('a method that a header names counts as much as that of the request line, and an unknown one is refused', () => {
  const post = (override: string): string =>
    verdict(CLOSED, request('app.test', '/api/1', 'POST', { overrides: [override] }), 'tom')
  assert.equal(verdict(CLOSED, request('app.test', '/api/1', 'POST'), 'tom'), 'allow')
  assert.match(post('DELETE'), /^forbid/)
  assert.equal(post('PUT'), 'allow')
  assert.equal(post('NUKE'), 'refuse bad_method')
  const remove = request('app.test', '/api/1', 'DELETE', { overrides: ['GET'] })
  assert.match(verdict(CLOSED, remove, 'tom'), /^forbid/)
})

test("a method that a header names keeps one's own folder one's own", () => {
  const own = policyOfRules([
    "{ path: '/~{login}/**', methods: [GET], require: {} }",
    "{ path: '/~{login}/**', require: { role: admin } }",
    '{ deny: true }',
  ])
  const asked = request('app.test', '/~tom/x', 'GET', { overrides: ['DELETE'] })
  assert.equal(verdict(own, request('app.test', '/~tom/x'), 'tom'), 'allow')
  assert.match(verdict(own, asked, 'tom'), /^forbid/)
})
