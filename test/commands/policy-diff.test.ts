import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import type { Context } from '../../src/parts/context.ts'
import { openTestApp, POLICY } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { openListener } from '../verify/ask.ts'

const CHANGED = POLICY.replace('- { path: /old/**, deny: true }', '- { path: /old/**, require: { role: admin } }')
const OPENED = POLICY.replace('require: { role: admin }', 'allow: anyone')

async function told(context: Context, command: string, given: object): Promise<string> {
  const reply = await runOrder(context, { command, given: { ...given } })
  return 'result' in reply ? reply.result.text : reply.refusal
}

suite('policy diff', () => {
  test('compares the version in force with the one before, with a file, or any two', async (t) => {
    const { context } = await openTestApp(t)
    assert.match(await told(context, 'policy diff', {}), /one version only, 1\. Name a file/)
    await told(context, 'policy apply', { file: 'p', source: CHANGED })
    const words =
      /changed rule of app app: line \d+ \/old\/\*\*: deny {2}-> {2}line \d+ \/old\/\*\*: require role admin/
    const before = await told(context, 'policy diff', {})
    assert.match(before, words)
    assert.match(before, /\n--- version 1\n\+\+\+ version 2\n@@ [\s\S]*\n- .*deny: true }\n\+ .*role: admin } }\n/)
    assert.equal(await told(context, 'policy diff', { from: '1' }), before)
    assert.match(await told(context, 'policy diff', { from: '2', to: '1' }), /\n--- version 2\n\+\+\+ version 1\n/)
    const file = { file: 'new.yaml', source: OPENED }
    assert.match(await told(context, 'policy diff', { from: file }), /\n--- version 2\n\+\+\+ new\.yaml\n/)
    assert.match(await told(context, 'policy diff', { from: file, to: '1' }), /\n--- new\.yaml\n\+\+\+ version 1\n/)
    assert.equal(await told(context, 'policy diff', { from: '2', to: '2' }), 'version 2 and version 2 are the same.')
    assert.match(await told(context, 'policy diff', { from: '7' }), /no version 7/)
  })

  test('compares with the policy file where one is kept', async (t) => {
    const file = join(await temporaryDirectory(t), 'policy.yaml')
    writeFileSync(file, `# new\n${POLICY}`)
    const { context } = await openTestApp(t, { env: { POSTERN_POLICY_FILE: file } })
    const text = await told(context, 'policy diff', {})
    assert.match(text, /^Nothing changed in meaning[\s\S]*\n\+\+\+ .*policy\.yaml\n[\s\S]*\n\+# new\n/)
  })

  test('of a file with mistakes only lines are compared', async (t) => {
    const { context } = await openTestApp(t)
    const text = await told(context, 'policy diff', { from: { file: 'x', source: 'version: 9\n' } })
    assert.match(text, /^One of the two has mistakes[\s\S]*\n\+version: 9/)
  })
})

suite('policy diff --replay', () => {
  test('tells what would come out differently of what was really asked for', async (t) => {
    const { context, ask, alice, bob } = await openListener(t)
    assert.match(
      await told(context, 'policy replay', { draft: { file: 'p', source: OPENED } }),
      /no decisions to replay/,
    )
    for (let at = 0; at < 5; at++) await ask({ uri: `/admin/${at}?secret`, token: alice })
    for (const uri of ['/admin/x', '/', '/public/a.css']) await ask({ uri, token: bob })
    await ask({ uri: '/admin/y' })
    await ask({ uri: '/a%zz' })
    await context.decisions.flush()
    const text = await told(context, 'policy replay', { draft: { file: 'new.yaml', source: OPENED } })
    assert.match(
      text,
      /^Replayed 9 decisions, from .* to .*: version 1 against new\.yaml\.\n6 of them \(66\.7 %\) would/,
    )
    assert.match(
      text,
      /\n5x app app: forbid missing_role \(line 13\) -> allow \(line 13\)\n {4}alice GET https:\/\/app\.example\.com\/admin\/\d\n/,
    )
    assert.match(
      text,
      /\n1x app app: sign_in nobody \(line 13\) -> allow \(line 13\)\n {4}nobody GET https:\/\/app\.example\.com\/admin\/y\n/,
    )
    assert.match(text, /1 more decision could not be replayed/)
    assert.doesNotMatch(text, /secret/)
    assert.match(await told(context, 'policy replay', { draft: '1' }), /All of them come out the same/)
    const few = await told(context, 'policy replay', { draft: { file: 'x', source: OPENED }, last: '3' })
    assert.match(few, /^Replayed 2 decisions/)
    assert.match(await told(context, 'policy replay', { draft: '1', last: '0' }), /--last takes a number/)
  })

  test('refuses a draft with mistakes or failing tests, with their places', async (t) => {
    const { context } = await openTestApp(t)
    const failing = `${POLICY}tests:\n  - { as: nobody, request: GET https://app.example.com/, expect: allow }\n`
    for (const source of ['version: 9\n', failing])
      assert.match(await told(context, 'policy replay', { draft: { file: 'p', source } }), /^p:\d+:\d+: /)
  })
})
