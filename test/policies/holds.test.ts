import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OWN_PERMISSIONS } from '../../src/lib/permissions.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { holdsPermission, isOperator } from '../../src/policies/holds.ts'
import { readPolicyFile } from '../../src/policies/policy-file.ts'

const SOURCE = `version: 1
roles:
  helpdesk: ["postern.users:read", "wiki:read"]
  staff: ["wiki:read"]
apps: []
`

function policyOf(source: string) {
  const read = readPolicyFile(source)
  assert.ok(!Array.isArray(read), JSON.stringify(read))
  return compilePolicy(read)
}

test('administrators hold every permission of ours, others what their roles are given', () => {
  const policy = policyOf(SOURCE)
  const holds = (role: string) =>
    Object.keys(OWN_PERMISSIONS).filter((name) =>
      holdsPermission(policy, { roles: [role] }, name as 'postern.users:read'),
    )
  assert.deepEqual(holds('postern-admin'), Object.keys(OWN_PERMISSIONS))
  assert.deepEqual(holds('helpdesk'), ['postern.users:read'])
  assert.deepEqual(holds('staff'), [])
  assert.deepEqual(holds('gone'), [])
  assert.deepEqual(
    ['postern-admin', 'helpdesk', 'staff', 'gone'].filter((role) => isOperator(policy, { roles: [role] })),
    ['postern-admin', 'helpdesk'],
  )
})

test('a policy can not make up permissions of ours', () => {
  const read = readPolicyFile(SOURCE.replace('postern.users:read', 'postern.users:own'))
  assert.ok(Array.isArray(read))
  assert.match(JSON.stringify(read), /What begins with .*postern\.users:read/)
})
