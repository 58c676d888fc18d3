import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { CommandResult } from '../../src/commands/command.ts'
import { checkPolicy, policySchema, testPolicy } from '../../src/commands/policy.ts'
import { runOrder } from '../../src/commands/registry.ts'
import type { Context } from '../../src/parts/context.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestApp, POLICY } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'

const WRONG = `version: 1
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: public, allow: anyone }
      - { path: /a, require: { role: none } }
      - { path: /b, allow: anyone, unknown: 1 }
`

const TESTS = `tests:
  - { as: nobody, request: GET https://app.example.com/public/x, expect: allow }
  - { as: { roles: [user] }, request: GET https://app.example.com/admin/, expect: forbid }
`
const CHANGED = POLICY.replace('/old/**', '/older/**')
/** As somebody could who writes to the database himself. */
const PLANT = statement<[source: string]>(
  'plant',
  `insert into auth.policies (source, digest, applied_by, reason) values ($1, sha256('x'), 'x', 'x')`,
)

async function order(context: Context, command: string, given: object): Promise<CommandResult> {
  const reply = await runOrder(context, { command, given: { ...given }, operator: 'bob' })
  assert.ok('result' in reply, 'refusal' in reply ? reply.refusal : '')
  return reply.result
}

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

  test('check says what a good file holds', async () => {
    const { exitCode, text, data } = await checkPolicy({ file: 'p.yaml', source: POLICY })
    assert.deepEqual([exitCode, data], [0, { valid: true, apps: 3, rules: 9, roles: 3, tests: 0 }])
    assert.match(text, /^p\.yaml is fine: 3 apps, 9 rules, 3 roles/)
  })

  test('apply puts a file in force, tells a repetition, and a wrong one changes nothing', async (t) => {
    const { context } = await openTestApp(t, { policy: null })
    const apply = async (source: string) => runOrder(context, { command: 'policy apply', given: { file: 'p', source } })
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

  test('apply and rollback leave a policy alone that is kept in a file', async (t) => {
    const { context } = await openTestApp(t, { env: { POSTERN_POLICY_FILE: '/etc/postern/policy.yaml' } })
    for (const command of ['policy apply', 'policy rollback']) {
      const reply = await runOrder(context, { command, given: { file: 'p', source: POLICY, version: '1' } })
      assert.match('refusal' in reply ? reply.refusal : '', /Change that file/)
    }
  })

  test('test runs the tests of a file and tells of each; check and apply refuse a file whose tests fail', async (t) => {
    const given = { file: 'p', source: `${POLICY}${TESTS}` }
    const { exitCode, text } = await testPolicy(given)
    assert.equal(exitCode, 0)
    assert.match(
      text,
      /^ok {2}line \d+: GET .*: allow by rule 1 .*\nok .*: forbid by rule 3 [\s\S]*\n2 tests passed\.$/,
    )
    const failing = { file: 'p', source: given.source.replace('expect: allow', 'expect: refuse') }
    for (const run of [checkPolicy, testPolicy]) {
      const { exitCode: code, text: said } = await run(failing)
      assert.deepEqual(
        [code, /^p:\d+:5: tests\[0\]: .* expects refuse and gets allow by rule 1/.test(said)],
        [1, true],
        said,
      )
    }
    const { context } = await openTestApp(t)
    const reply = await runOrder(context, { command: 'policy apply', given: failing })
    assert.match('result' in reply ? reply.result.text : '', /expects refuse[\s\S]*Nothing was changed/)
    assert.equal(context.policies.version, 1)
    assert.match((await testPolicy({ file: 'p', source: POLICY })).text, /no tests/)
  })

  test('versions tells number, time, author and reason; export gives any of them', async (t) => {
    const { context } = await openTestApp(t)
    await order(context, 'policy apply', { file: 'p', source: CHANGED, reason: 'for the audit' })
    const { text, data } = await order(context, 'policy versions', {})
    assert.match(text, /^VERSION .*\n2 +\d{4}-.* bob +for the audit\n1 .* test +test\nVersion 2 is in force\.$/)
    assert.equal((data as unknown[]).length, 2)
    assert.equal((await order(context, 'policy export', {})).text, CHANGED.trimEnd())
    assert.equal((await order(context, 'policy export', { version: '1' })).text, POLICY.trimEnd())
    for (const version of ['3', '0', 'x', '-1', '1e9']) {
      const reply = await runOrder(context, { command: 'policy export', given: { version } })
      assert.match('refusal' in reply ? reply.refusal : '', /List them: postern policy versions/, version)
    }
  })

  test('rollback puts an earlier version in force as a new one, and runs its tests again', async (t) => {
    const { context, database } = await openTestApp(t)
    await order(context, 'policy apply', { file: 'p', source: CHANGED })
    const { text } = await order(context, 'policy rollback', { version: '1' })
    assert.equal(text, 'Applied as version 3.')
    assert.equal(context.policies.version, 3)
    const { data } = await order(context, 'policy export', {})
    const { source, applied_by: by, reason } = data as Record<string, unknown>
    assert.deepEqual([source, by, reason], [POLICY, 'bob', 'back to version 1'])
    assert.match((await order(context, 'policy rollback', { version: '3' })).text, /in force already/)
    const failing = `${POLICY}${TESTS.replace('expect: allow', 'expect: refuse')}`
    await database.query(PLANT, failing)
    await order(context, 'policy apply', { file: 'p', source: CHANGED })
    const refused = await order(context, 'policy rollback', { version: '4' })
    assert.deepEqual([refused.exitCode, context.policies.version], [1, 5])
    assert.match(refused.text, /^version 4:\d+:5: tests\[0\]/)
  })

  test('the schema is one that editors understand', () => {
    const { text, data } = policySchema()
    assert.deepEqual(JSON.parse(text), data)
    assert.match(text, /json-schema\.org/)
  })
})
