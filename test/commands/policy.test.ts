import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { checkPolicy } from '../../src/commands/policy.ts'
import { runOrder } from '../../src/commands/registry.ts'
import { openTestApp, POLICY } from '../support/app.ts'
import { temporaryDirectory } from '../support/database.ts'
import { runPostern } from './run.ts'

const WRONG = `version: 1
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: public, allow: anyone }
      - { path: /a, require: { role: none } }
      - { path: /b, allow: anyone, unknown: 1 }
`

suite('the policy commands', () => {
  test('check tells every mistake with line and column, needs no database, and ends with 1', async (t) => {
    const file = join(await temporaryDirectory(t), 'policy.yaml')
    writeFileSync(file, WRONG)
    const { exitCode, stdout, stderr } = await runPostern({}, ['policy', 'check', file])
    assert.deepEqual([exitCode, stderr], [1, ''])
    for (const place of ['6:', '7:', '8:']) assert.match(stdout, new RegExp(`policy\\.yaml:${place}\\d+: `), stdout)
    const missing = await runPostern({}, ['policy', 'check', `${file}.none`])
    assert.equal(missing.exitCode, 1)
    assert.match(missing.stderr, /can't be read\. Check the path/)
  })

  test('check says what a good file holds', () => {
    const { exitCode, text, data } = checkPolicy({ file: 'p.yaml', source: POLICY })
    assert.deepEqual([exitCode, data], [0, { valid: true, apps: 3, rules: 9, roles: 3 }])
    assert.match(text, /^p\.yaml is fine: 3 apps, 9 rules, 3 roles/)
  })

  test('apply puts a file in force, tells a repetition, and a wrong one changes nothing', async (t) => {
    const { context } = await openTestApp(t, { policy: null })
    const apply = async (source: string) =>
      runOrder(context, { command: 'policy apply', given: { file: 'p', source, by: 'me' } })
    const none = await runOrder(context, { command: 'policy export', given: {} })
    assert.match('refusal' in none ? none.refusal : '', /no policy yet\. Apply one/)
    assert.deepEqual(await apply(POLICY), {
      result: { exitCode: 0, text: 'Applied as version 1.', data: { applied: true, version: 1 } },
    })
    assert.equal(context.policies.version, 1)
    const again = await apply(POLICY)
    assert.match('result' in again ? again.result.text : '', /version 1, which is in force already/)
    const wrong = await apply(WRONG)
    assert.match('result' in wrong ? wrong.result.text : '', /p:6:.*\n[\s\S]*Nothing was changed/)
    assert.equal('result' in wrong && wrong.result.exitCode, 1)
    assert.equal(context.policies.version, 1)
    const exported = await runOrder(context, { command: 'policy export', given: {} })
    assert.equal('result' in exported ? exported.result.text : '', POLICY.trimEnd())
  })

  test('apply leaves a policy alone that is kept in a file', async (t) => {
    const { context } = await openTestApp(t, { env: { POSTERN_POLICY_FILE: '/etc/postern/policy.yaml' } })
    const reply = await runOrder(context, { command: 'policy apply', given: { file: 'p', source: POLICY } })
    assert.match('refusal' in reply ? reply.refusal : '', /Change that file/)
  })
})
