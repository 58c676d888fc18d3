import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { importPolicy } from '../../src/commands/import-policy.ts'
import { OperatorError } from '../../src/errors.ts'
import { readPolicyFile } from '../../src/policies/policy-file.ts'

const EXACT = `access_control:
  rules:
    - domain: wiki.example.com
      policy: bypass
      resources: ['^/public([/?].*)?$']
    - domain: wiki.example.com
      policy: one_factor
      subject: group:staff
`

suite('postern policy import authelia', () => {
  test('prints a policy that can be applied, each rule with its line, and ends with 0', () => {
    const { exitCode, text, listing } = importPolicy({ file: 'c.yml', source: EXACT })
    assert.equal(exitCode, 0)
    assert.match(text, /- \{ path: \/public\/\*\*, allow: anyone \} # line 3\n.*role: staff \} \} # line 6$/)
    assert.equal(Array.isArray(readPolicyFile(text)), false)
    assert.equal(listing, 'All rules were carried over.')
  })

  test('lists what became stricter with line and column, and ends with 1', () => {
    const source = EXACT.replace('([/?].*)?$', '$')
    const { exitCode, listing } = importPolicy({ file: 'c.yml', source })
    assert.equal(exitCode, 1)
    assert.match(listing, /^stricter: c\.yml:5:19: access_control\.rules\[0\]\.resources\[0\]: .*\nIn 1 place /)
  })

  test('gives programs the policy and the list', () => {
    const { data } = importPolicy({ file: 'c.yml', source: EXACT })
    const { policy, findings } = data as { policy: { apps: { name: string }[] }; findings: unknown[] }
    assert.equal(policy.apps[0]?.name, 'wiki.example.com')
    assert.deepEqual(findings, [])
    assert.equal(Array.isArray(readPolicyFile(JSON.stringify(policy))), false)
  })

  test('a configuration that can not be read is an error with every place', () => {
    const source = EXACT.replace('bypass', 'open').replace('group:staff', 'staff')
    assert.throws(
      () => importPolicy({ file: 'c.yml', source }),
      (error: unknown) =>
        error instanceof OperatorError && error.exitCode === 1 && /c\.yml:4:.*\nc\.yml:8:/.test(error.message),
    )
  })
})
