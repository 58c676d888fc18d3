import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { applyPolicy } from '../../src/policies/apply.ts'
import type { Applied } from '../../src/policies/apply.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { changeRoles, createUser } from '../../src/users/users.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { addUser, newUser } from '../users/fixture.ts'

interface RoleRow {
  name: string
  in_policy: boolean
}

const LIST_ROLES = statement<[], RoleRow>('list_roles', `select name, in_policy from auth.roles order by name`)
const LIST_GRANTS = statement<[], { text: string }>(
  'list_grants',
  `select role_name || '=' || p.resource || ':' || p.action as text
   from auth.role_permissions r join auth.permissions p on p.name = r.permission_name order by 1`,
)
const LIST_PERMISSIONS = statement<[], { name: string }>(
  'list_permissions',
  `select name from auth.permissions order by name`,
)
const LIST_VERSIONS = statement<[], { version: number; source: string; applied_by: string; reason: string }>(
  'list_versions',
  `select version, source, applied_by, reason from auth.policies order by version`,
)
const FORBID_POLICIES = statement<[]>(
  'forbid_policies',
  `alter table auth.policies add constraint none check (version < 0) not valid`,
)

const drivers = {
  PostgreSQL: async (t: Cleanup): Promise<Database> => (await openTestDatabase(t)).database,
  'the embedded database': openTestEmbedded,
}
for (const [driver, open] of Object.entries(drivers)) {
  suite(`policies in ${driver}`, async () => {
    const shared = await open({ after })

    test('a policy becomes a version with its author and reason, and the same text again makes none', async () => {
      const source = policy('same: []')
      const first = await apply(shared, source)
      assert.equal(first.kind, 'applied')
      assert.deepEqual(await apply(shared, source), { kind: 'unchanged', version: versionOf(first) })
      const rows = (await shared.query(LIST_VERSIONS)).filter((row) => row.source === source)
      assert.deepEqual(rows, [{ version: versionOf(first), source, applied_by: 'test', reason: 'because' }])
    })

    test('roles and permissions are those of the policy, and the built-in role stays', async () => {
      await apply(shared, policy("a: ['x:read', 'x:read', 'x:write']", "b: ['x:read']", 'c: []'))
      assert.deepEqual(await grantsOf(shared), ['a=x:read', 'a=x:write', 'b=x:read'])
      await apply(shared, policy("b: ['y:read']"))
      assert.deepEqual(await grantsOf(shared), ['b=y:read'])
      assert.deepEqual(
        (await shared.query(LIST_PERMISSIONS)).map(({ name }) => name),
        ['y:read'],
      )
      assert.deepEqual(await rolesOf(shared), ['b', 'postern-admin'])
    })

    test('a role that somebody holds is retired, not deleted, and comes back with the policy', async () => {
      await apply(shared, policy('held: []', 'unheld: []'))
      const { login } = await addUser(shared, { roles: ['held'] })
      await apply(shared, policy())
      assert.deepEqual(await rolesOf(shared), ['held (retired)', 'postern-admin'])
      await apply(shared, policy('held: []'))
      assert.deepEqual(await rolesOf(shared), ['held', 'postern-admin'])
      await changeRoles(shared, login, { add: [], remove: ['held'] })
      await apply(shared, policy())
      assert.deepEqual(await rolesOf(shared), ['postern-admin'])
    })

    test('a policy with mistakes changes nothing and tells all of them', async () => {
      const before = await shared.query(LIST_VERSIONS)
      const applied = await apply(shared, 'version: 2\nroles: []\napps: {}\n')
      assert.equal(applied.kind === 'invalid' && applied.mistakes.length, 3)
      assert.deepEqual(await shared.query(LIST_VERSIONS), before)
    })

    test('an earlier version comes back when a person wants it, not when only newer ones may come', async () => {
      const [old, recent] = [policy('old: []'), policy('recent: []')]
      const first = await apply(shared, old)
      const second = await apply(shared, recent)
      assert.deepEqual(await apply(shared, old, true), { kind: 'older', version: versionOf(first) })
      assert.deepEqual(await rolesOf(shared), ['postern-admin', 'recent'])
      assert.deepEqual(await apply(shared, recent, true), { kind: 'unchanged', version: versionOf(second) })
      const back = await apply(shared, old)
      assert.ok(back.kind === 'applied' && back.version > versionOf(second))
    })
  })
}

test('roles are written in the transaction of the version: without it they stay what they were', async (t) => {
  const { database } = await openTestDatabase(t)
  await apply(database, policy("kept: ['x:read']"))
  await database.query(FORBID_POLICIES)
  await assert.rejects(apply(database, policy('other: []')))
  assert.deepEqual([await rolesOf(database), await grantsOf(database)], [['kept', 'postern-admin'], ['kept=x:read']])
})

test('of many who apply at once each gets a version, and the roles are those of the last', async (t) => {
  const { database } = await openTestDatabase(t)
  const names = Array.from({ length: 8 }, (_, index) => `role${index}`)
  const applied = await Promise.all(names.map((name) => apply(database, policy(`${name}: ['${name}:read']`))))
  const versions = applied.map(versionOf)
  assert.equal(new Set(versions).size, 8)
  const last = names[versions.indexOf(Math.max(...versions))]
  assert.deepEqual(await rolesOf(database), ['postern-admin', last])
  assert.deepEqual(await grantsOf(database), [`${last}=${last}:read`])
})

test('of many who apply one policy at once one makes the version', async (t) => {
  const { database } = await openTestDatabase(t)
  const applied = await Promise.all(Array.from({ length: 8 }, () => apply(database, policy('one: []'))))
  assert.deepEqual(applied.map(({ kind }) => kind).sort(), ['applied', ...Array.from({ length: 7 }, () => 'unchanged')])
  assert.equal(new Set(applied.map(versionOf)).size, 1)
})

test('a role may be given while policies that define it are applied', async (t) => {
  const { database } = await openTestDatabase(t)
  await apply(database, policy('steady: []'))
  const policies = Array.from({ length: 5 }, (_, index) => apply(database, policy('steady: []', `r${index}: []`)))
  const people = Array.from({ length: 5 }, () =>
    database.transaction((tx) => createUser(tx, newUser({ roles: ['steady'] }))),
  )
  await assert.doesNotReject(Promise.all([...policies, ...people]))
})

function policy(...roles: readonly string[]): string {
  const map = roles.length === 0 ? ' {}' : `\n${roles.map((role) => `  ${role}\n`).join('')}`
  return `version: 1\nroles:${map}\napps: []\n`
}

function apply(database: Database, source: string, onlyForward = false): Promise<Applied> {
  return applyPolicy(database, { source, by: 'test', reason: 'because', onlyForward })
}

function versionOf(applied: Applied): number {
  return 'version' in applied ? applied.version : Number.NaN
}

async function rolesOf(database: Database): Promise<string[]> {
  const rows = await database.query(LIST_ROLES)
  return rows.map(({ name, in_policy: inPolicy }) => (inPolicy ? name : `${name} (retired)`))
}

async function grantsOf(database: Database): Promise<string[]> {
  return (await database.query(LIST_GRANTS)).map(({ text }) => text)
}
