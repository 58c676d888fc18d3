import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { compilePolicy } from '../../src/policies/compile.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { openableApps } from '../../src/policies/openable.ts'
import type { OpenableApp } from '../../src/policies/openable.ts'
import type { PolicyApp } from '../../src/policies/policy.ts'
import { readWrittenRequest, visitorAs } from '../../src/policies/run-tests-request.ts'
import { NOW, policyOf } from './fixture.ts'
import { policyFrom, ROLES, rules } from './generated.ts'

const HEAD = 'version: 1\nroles: { staff: [], boss: [] }\napps:\n'
const FROM = '203.0.113.7'

suite('the apps that somebody may open', () => {
  test('are those whose first page the rules let pass, or only ask more proof for', () => {
    const found = openFor(`
  - { name: open, hosts: [open.test], rules: [{ allow: anyone }] }
  - { name: own, hosts: [own.test], rules: [{ require: {} }] }
  - { name: staff, hosts: [staff.test], rules: [{ path: /x/**, allow: anyone }, { require: { role: staff } }] }
  - { name: boss, hosts: [boss.test], rules: [{ path: /x/**, allow: anyone }, { require: { role: boss } }] }
  - { name: nobody, hosts: [nobody.test], rules: [] }
  - { name: post, hosts: [post.test], rules: [{ methods: [POST], require: {} }] }
  - { name: second, hosts: [second.test], rules: [{ require: { factors: 2 } }] }
  - { name: fresh, hosts: [fresh.test], rules: [{ require: { max_auth_age: 1m } }] }
  - { name: inside, hosts: [inside.test], rules: [{ networks: 10.0.0.0/8, require: {} }] }
  - { name: quiet, hosts: [quiet.test], hidden: true, rules: [{ allow: anyone }] }
`)
    assert.deepEqual(
      found.map(({ name, asksFor }) => [name, asksFor]),
      [
        ['open', 'nothing'],
        ['own', 'nothing'],
        ['staff', 'nothing'],
        ['second', 'second_factor'],
        ['fresh', 'proof'],
      ],
    )
  })

  test('lead to their own address, to the first host that is one name, or to the visitor’s own', () => {
    const found = openFor(`
  - { name: plain, hosts: [one.test, two.test], port: 8443, rules: [{ require: {} }] }
  - { name: mixed, hosts: ['*.mixed.test', start.mixed.test], rules: [{ require: {} }] }
  - { name: mine, hosts: ['{login}.mine.test'], rules: [{ require: {} }] }
  - { name: many, hosts: ['*.many.test'], rules: [{ require: {} }] }
  - { name: given, hosts: ['*.given.test'], url: 'https://a.given.test/start', rules: [{ path: /start, require: {} }] }
  - { name: theirs, hosts: ['{login}.theirs.test'], url: 'https://bob.theirs.test/', rules: [{ require: {} }] }
  - { name: told, hosts: [told.test], title: Told, description: Why, icon: T, rules: [{ require: {} }] }
`)
    assert.deepEqual(Object.fromEntries(found.map(({ name, url }) => [name, url])), {
      plain: 'https://one.test:8443/',
      mixed: 'https://start.mixed.test/',
      mine: 'https://alice.mine.test/',
      many: null,
      given: 'https://a.given.test/start',
      told: 'https://told.test/',
    })
    assert.deepEqual(found.at(-1), {
      name: 'told',
      title: 'Told',
      description: 'Why',
      icon: 'T',
      url: 'https://told.test/',
      asksFor: 'nothing',
    })
  })

  test('are none whose address verify would take for another app’s', () => {
    const found = openFor(`
  - { name: wide, hosts: ['*.test'], url: 'https://a.test/', rules: [{ allow: anyone }] }
  - { name: exact, hosts: [a.test], rules: [{ allow: anyone }] }
`)
    assert.deepEqual(
      found.map(({ name }) => name),
      ['exact'],
    )
  })

  test('a login that is no part of a host name leads nowhere', () => {
    const app = "  - { name: mine, hosts: ['{login}.mine.test'], rules: [{ require: {} }] }\n"
    assert.deepEqual(openFor(app, 'a.b'), [])
    assert.deepEqual(openFor(app, 'a_b'), [])
    const wide = app.replace('hosts: [', "hosts: ['*.wide.test', ")
    assert.deepEqual(
      openFor(wide, 'a.b').map(({ url }) => url),
      [null],
    )
  })

  test('are exactly those of which verify would not forbid the root, whatever the rules', () => {
    const visitors = fc.record({
      login: fc.constantFrom('alice', 'bob', 'x'),
      roles: fc.subarray([...ROLES.keys()]),
      factors: fc.constantFrom(1 as const, 2 as const),
    })
    const ask = fc.tuple(fc.array(rules, { minLength: 1, maxLength: 5 }), visitors, fc.constantFrom(FROM, '10.0.0.1'))
    let [shown, forbidden] = [0, 0]
    fc.assert(
      fc.property(ask, ([lists, visitor, from]) => {
        const apps = lists.flatMap((list, at) =>
          policyFrom(list).apps.map((app): PolicyApp => ({ ...app, name: `app${at}`, hosts: [`app${at}.test`] })),
        )
        const policy = compilePolicy({ ...policyFrom([]), apps })
        const principal = visitorAs(visitor, NOW)
        const found = openableApps(policy, principal, { clientAddress: from, nowMs: NOW })
        for (const { name } of apps) {
          const request = readWrittenRequest(policy, { method: 'GET', url: `https://${name}.test/`, from })
          assert.ok(!('kind' in request))
          const { kind } = decide(judge(policy, request), principal, NOW)
          const isOpen = kind === 'allow' || kind === 'sign_in'
          assert.equal(
            found.some((app) => app.name === name),
            isOpen,
          )
          if (isOpen) shown++
          else forbidden++
        }
      }),
      { numRuns: 1_000 },
    )
    assert.ok(shown > 300 && forbidden > 300, `${shown} shown, ${forbidden} not`)
  })
})

function openFor(apps: string, login = 'alice'): OpenableApp[] {
  const principal = visitorAs({ login, roles: ['staff'], factors: 1 }, NOW - 120_000)
  return openableApps(policyOf(HEAD + apps.replace(/^\n/, '')), principal, {
    clientAddress: FROM,
    nowMs: NOW,
  })
}
