import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyPolicy } from '../../src/policies/apply.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { createPolicies } from '../../src/policies/policies.ts'
import type { Policies } from '../../src/policies/policies.ts'
import type { Database, Queryable } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'
import { request } from './fixture.ts'

const ADD_UNREADABLE = statement<[]>(
  'add_unreadable',
  `insert into auth.policies (source, digest, applied_by, reason) values ('version: 99', sha256(''), 'x', 'x')`,
)

const FORGET_NEWEST = statement<[]>(
  'forget_newest',
  `delete from auth.policies where version = (select max(version) from auth.policies)`,
)
const SWAP_SOURCE = statement<[]>(
  'swap_source',
  `update auth.policies set digest = sha256('other'), source = replace(source, 'deny: true', 'allow: anyone')`,
)

test('before the first policy everything is forbidden and the version is 0', async (t) => {
  const { database } = await openTestDatabase(t)
  const policies = createPolicies(database, () => assert.fail('nothing was taken over'))
  await policies.refresh()
  assert.deepEqual([policies.version, verdict(policies)], [0, 'forbid'])
})

test('a refresh takes over the newest version at once, tells of it, and then does nothing', async (t) => {
  const { database } = await openTestDatabase(t)
  const told: number[] = []
  const policies = createPolicies(database, (version) => void told.push(version))
  await apply(database, 'deny: true')
  await apply(database, 'allow: anyone')
  await policies.refresh()
  const compiled = policies.current()
  await policies.refresh()
  assert.deepEqual([verdict(policies), told], ['allow', [policies.version]])
  assert.equal(policies.current(), compiled)
  await apply(database, 'deny: true')
  assert.equal(verdict(policies), 'allow')
  await policies.refresh()
  assert.deepEqual([verdict(policies), told.length], ['forbid', 2])
})

test('a database that has gone back takes the policy along, to an older version or another of the same number', async (t) => {
  const { database } = await openTestDatabase(t)
  const policies = createPolicies(database, () => undefined)
  await apply(database, 'deny: true')
  await policies.refresh()
  const older = policies.version
  await apply(database, 'allow: anyone')
  await policies.refresh()
  await database.query(FORGET_NEWEST)
  await policies.refresh()
  assert.equal(verdict(policies), 'allow')
  await policies.refreshAnew()
  assert.deepEqual([verdict(policies), policies.version], ['forbid', older])
  const same = policies.current()
  await policies.refreshAnew()
  assert.equal(policies.current(), same)
  await database.query(SWAP_SOURCE)
  await policies.refreshAnew()
  assert.deepEqual([verdict(policies), policies.version], ['allow', older])
})

test('a version that can not be read never replaces a good one, and a good one after it does', async (t) => {
  const { database } = await openTestDatabase(t)
  const policies = createPolicies(database, () => undefined)
  await apply(database, 'allow: anyone')
  await policies.refresh()
  const { version } = policies
  await database.query(ADD_UNREADABLE)
  await assert.rejects(policies.refresh(), { name: 'OperatorError' })
  assert.deepEqual([policies.version, verdict(policies)], [version, 'allow'])
  await apply(database, 'deny: true')
  await policies.refresh()
  assert.equal(verdict(policies), 'forbid')
})

test('a database that does not answer leaves the policy as it is', async (t) => {
  const { database } = await openTestDatabase(t)
  await apply(database, 'allow: anyone')
  const broken = { is: false }
  const sometimes: Queryable = {
    query: (...asked) => (broken.is ? Promise.reject(new Error('no database')) : database.query(...asked)),
  }
  const policies = createPolicies(sometimes, () => undefined)
  await policies.refresh()
  broken.is = true
  await assert.rejects(policies.refresh(), /no database/)
  assert.equal(verdict(policies), 'allow')
})

test('of two refreshes at once the second waits for the first, and the newer version stays', async (t) => {
  const { database } = await openTestDatabase(t)
  const held = Promise.withResolvers<void>()
  const gates = [held.promise, Promise.resolve()]
  const slow: Queryable = {
    async query(...asked) {
      const gate = gates.shift()
      const rows = await database.query(...asked)
      await gate
      return rows
    },
  }
  const told: number[] = []
  const policies = createPolicies(slow, (version) => void told.push(version))
  await apply(database, 'allow: anyone')
  const first = policies.refresh()
  await apply(database, 'deny: true')
  const second = policies.refresh()
  held.resolve()
  await Promise.all([first, second])
  assert.deepEqual([verdict(policies), told.at(-1)], ['forbid', policies.version])
  assert.deepEqual(
    told,
    told.toSorted((one, other) => one - other),
  )
})

async function apply(database: Database, rule: string): Promise<void> {
  const rules = `    rules:\n      - { path: /**, ${rule} }\n`
  const source = `version: 1\napps:\n  - name: app\n    hosts: [app.example.com]\n${rules}`
  const change = { source, by: 'test', reason: 'because', onlyForward: false }
  assert.equal((await applyPolicy(database, change)).kind, 'applied')
}

function verdict(policies: Policies): string {
  return decide(judge(policies.current(), request('app.example.com', '/')), null, 0).kind
}
