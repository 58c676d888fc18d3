import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { compilePolicy } from '../../src/policies/compile.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { accessMatrix } from '../../src/policies/matrix.ts'
import { readPolicyFile } from '../../src/policies/policy-file.ts'
import { ANY_CLIENT, readWrittenRequest, visitorAs } from '../../src/policies/run-tests-request.ts'

const POLICY = `
version: 1
roles:
  staff: ['wiki:read']
  boss: []
apps:
  - name: open
    hosts: [open.example.com]
    rules: [{ allow: anyone }]
  - name: wiki
    hosts: [wiki.example.com]
    rules:
      - { path: /pages/**, require: { permission: 'wiki:read' } }
      - require: { role: boss }
  - name: safe
    hosts: ['*.safe.example.com']
    rules: [{ require: { role: staff, factors: 2 } }]
  - name: own
    hosts: ['{login}.home.example.com']
    rules: [{ require: {} }]
  - name: named
    hosts: [named.example.com]
    rules:
      - { path: /x/**, deny: true }
      - require: { user: una }
  - name: closed
    hosts: [closed.example.com]
    rules: [{ deny: true }]
`

function compiled(source: string): CompiledPolicy {
  const policy = readPolicyFile(source)
  if (Array.isArray(policy)) throw new Error(JSON.stringify(policy))
  return compilePolicy(policy)
}

suite('the access matrix', () => {
  test('tells of each app whether its root opens, after a step, elsewhere, or not', () => {
    const people = [
      { login: 'una', roles: [] },
      { login: 'sue', roles: ['staff'] },
      { login: 'bo', roles: ['boss', 'staff'] },
    ]
    const rows = accessMatrix(compiled(POLICY), { people })
    const shown = rows.map(({ login, cells }) => [login, ...cells.map(({ access }) => access)])
    assert.deepEqual(shown, [
      ['una', 'allow', 'no', 'no', 'allow', 'allow', 'no'],
      ['sue', 'allow', 'some_paths', 'steps', 'allow', 'no', 'no'],
      ['bo', 'allow', 'allow', 'steps', 'allow', 'no', 'no'],
    ])
    assert.deepEqual(rows[1]?.cells[1], { app: 'wiki', access: 'some_paths', asksFor: null, rule: 2, rules: [1] })
    assert.deepEqual(rows[2]?.cells[2], { app: 'safe', access: 'steps', asksFor: 'second_factor', rule: 1, rules: [1] })
  })

  test('has the apps that are asked for, in their order', () => {
    const [row] = accessMatrix(compiled(POLICY), {
      people: [{ login: 'una', roles: [] }],
      apps: ['wiki', 'none', 'open'],
    })
    assert.deepEqual(
      row?.cells.map(({ app }) => app),
      ['wiki', 'open'],
    )
  })

  test('property: a cell says what is decided of that request, whoever stood in the list before', () => {
    const policy = compiled(POLICY)
    const person = fc.record({
      login: fc.constantFrom('una', 'sue', 'bo'),
      roles: fc.subarray(['staff', 'boss', 'odd']),
    })
    const hosts = { safe: 'any-host.safe.example.com' } as Readonly<Record<string, string>>
    fc.assert(
      fc.property(fc.array(person, { maxLength: 12 }), (people) => {
        for (const [at, { cells }] of accessMatrix(policy, { people }).entries()) {
          const who = people[at] ?? { login: '', roles: [] }
          for (const { app, access } of cells) {
            const host = app === 'own' ? `${who.login}.home.example.com` : (hosts[app] ?? `${app}.example.com`)
            const original = readWrittenRequest(policy, { method: 'GET', url: `https://${host}/`, from: ANY_CLIENT })
            if ('kind' in original) throw new Error(`unreadable ${host}`)
            const { kind } = decide(judge(policy, original), visitorAs({ ...who, factors: 1 }, 0), 0)
            assert.equal(access === 'allow', kind === 'allow')
            assert.equal(access === 'steps', kind === 'sign_in')
          }
        }
      }),
    )
  })
})
