import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import type { Context } from '../../src/parts/context.ts'
import { openTestApp, POLICY, usePolicy } from '../support/app.ts'
import { openListener } from '../verify/ask.ts'

const CHANGED = POLICY.replace('require: { role: admin }', 'require: { role: [admin, user] }')
const ADMIN_URL = 'https://app.example.com/admin/x'

async function told(context: Context, given: object): Promise<string> {
  const reply = await runOrder(context, { command: 'policy explain', given: { ...given } })
  return 'result' in reply ? reply.result.text : `refused: ${reply.refusal}`
}

suite('policy explain', () => {
  test('explains for a person, for roles, or for nobody', async (t) => {
    const { context, addUser } = await openTestApp(t)
    await addUser('alice', { roles: ['user'], password: null })
    await addUser('carol', { roles: ['admin'], password: null, disabled: true })
    const request = ['GET', ADMIN_URL]
    const cases: readonly (readonly [given: object, said: RegExp])[] = [
      [
        { request, user: 'Alice' },
        /^FORBID\. Rule 3 on line 13 .*lacks[\s\S]*\nBy: +alice of role user, with 1 factor, from 203/,
      ],
      [{ request, user: 'carol' }, /^SIGN IN FIRST[\s\S]*\nBy: +carol, who is disabled/],
      [{ request, asRoles: 'user,admin', factors: '2' }, /^ALLOW[\s\S]*somebody of role user, admin, with 2 factors/],
      [{ request, from: '10.0.0.1' }, /^SIGN IN FIRST[\s\S]*\nBy: +nobody who is signed in, from 10\.0\.0\.1\n/],
      [{ request: [ADMIN_URL] }, /\nAsked: +GET https:\/\/app\.example\.com\/admin\/x\n/],
      [{ request: ['GET', 'https://app.example.com/a%zz'] }, /^REFUSE\. The path has a % without/],
      [{ request, user: 'nobody' }, /^refused: There is no user nobody/],
      [{ request: [] }, /^refused: Give a method/],
      [{ request: ['GET', '/admin'] }, /^refused: Give a whole address/],
      [{ request, from: 'x' }, /^refused: --from x is not/],
      [{ request, factors: '3' }, /^refused: --factors/],
      [{ request, user: 'alice', asRoles: 'x' }, /^refused: Give --user or --as-roles/],
    ]
    for (const [given, said] of cases) assert.match(await told(context, given), said, JSON.stringify(given))
  })

  test('says that there is no policy yet', async (t) => {
    const { context } = await openTestApp(t, { policy: null })
    assert.match(await told(context, { request: [ADMIN_URL] }), /^refused: There is no policy yet/)
  })
})

suite('policy explain --decision', () => {
  test('the number on a 403 leads to who asked for what, and why it came out so', async (t) => {
    const { context, ask, alice } = await openListener(t)
    const decision = (await ask({ uri: '/admin/x?private', token: alice })).header('x-postern-decision')
    assert.match(await told(context, { decision }), /^refused: There is no decision/)
    await context.decisions.flush()
    const text = await told(context, { decision })
    assert.match(text, /^Decision [0-9a-f]{12} of .*Z: forbid by rule 3 of app app, because the visitor lacks/)
    assert.match(text, /\n--- under the policy of then, which is in force now ---\n\nFORBID\. Rule 3 on line 13/)
    assert.match(
      text,
      /\nAsked: +GET https:\/\/app\.example\.com\/admin\/x\nBy: +alice of role user, with 1 factor, from 203/,
    )
    assert.doesNotMatch(text, /private/)
  })

  test('of an older version it is explained under that one and under the one in force', async (t) => {
    const { context, ask, alice } = await openListener(t)
    const decision = (await ask({ uri: '/admin/x', token: alice })).header('x-postern-decision')
    await context.decisions.flush()
    await usePolicy(context, CHANGED)
    const text = await told(context, { decision })
    assert.doesNotMatch(text, /instead/)
    assert.match(
      text,
      /--- under the policy of then ---\n\nFORBID\.[\s\S]*Policy: +version 1,[\s\S]*--- under the policy in force now ---\n\nALLOW\.[\s\S]*Policy: +version 2,/,
    )
  })

  test('what could not be read is told as such, and what the rules do not account for too', async (t) => {
    const { context, ask, alice } = await openListener(t)
    const unreadable = (await ask({ uri: '/a%zz', token: alice })).header('x-postern-decision')
    const alias = (await ask({ uri: '/', token: alice, more: ['Remote_User: root'] })).header('x-postern-decision')
    await context.decisions.flush()
    assert.match(
      await told(context, { decision: unreadable }),
      /refuse, because the path has a % without[\s\S]*Too little is known of the request/,
    )
    assert.match(
      await told(context, { decision: alias }),
      /because the client sent a header[\s\S]*The visitor was told "refuse identity_header" instead/,
    )
  })
})
