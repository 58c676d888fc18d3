import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import { openTestApp, POLICY } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

/** Text and data of what a command gives, or why it is refused with which exit code. */
type Told = { readonly text: string; readonly data: unknown } | { readonly refusal: string; readonly exitCode: number }

function runner({ context }: TestApp) {
  return async (command: string, given: Record<string, unknown> = {}): Promise<Told> => {
    const reply = await runOrder(context, { command, given, operator: 'olga' })
    return 'result' in reply ? reply.result : reply
  }
}

function textOf(told: Told): string {
  return 'text' in told ? told.text : `refused ${told.exitCode}: ${told.refusal}`
}

suite('grants and access at a shell', { timeout: 60_000 }, () => {
  test('grant gives a role for a while, which matrix, explain and role list know of, until it is revoked', async (t) => {
    const app = await openTestApp(t)
    await app.addUser('una', { password: null })
    const run = runner(app)
    const admin = { request: ['GET', 'https://app.example.com/admin/'], user: 'una' }
    assert.match(textOf(await run('policy explain', admin)), /missing_role|not allowed|forbid/i)
    const wish = { login: 'una', role: 'admin', until: '2h', reason: 'holidays' }
    const made = await run('grant create', wish)
    assert.match(textOf(made), /^una has the role admin until \d{4}-.*Z\. End it before: postern grant revoke /)
    const { id, granted_by: by, state } = ('data' in made ? made.data : {}) as Record<string, string>
    assert.deepEqual([by, state], ['olga', 'holds'])
    assert.match(textOf(await run('policy explain', admin)), /allow/i)
    assert.match(textOf(await run('matrix', { app: ['team'] })), /^LOGIN +team\nuna +-$/)
    assert.match(textOf(await run('role list')), /^admin +0 +1 /m)
    assert.match(textOf(await run('user list', { role: 'admin' })), /^una .* admin /m)
    assert.match(
      textOf(await run('grant list', { login: 'una' })),
      new RegExp(`^${id} +una +admin +.* holds +olga +holidays$`, 'm'),
    )
    assert.match(textOf(await run('grant revoke', { id })), /no longer has the role admin/)
    assert.equal(textOf(await run('grant list')), 'No role is granted for a while.')
    assert.match(textOf(await run('grant list', { all: true })), / revoked /)
    assert.match(textOf(await run('grant revoke', { id })), /^refused 1: There is no such grant, or it is over already/)
  })

  test('what is wrong with a grant is told with the words of its options', async (t) => {
    const app = await openTestApp(t)
    await app.addUser('una', { password: null })
    const run = runner(app)
    const wish = { login: 'una', role: 'admin', until: '2h', reason: 'holidays' }
    const wrong = [
      [{ until: 'soon' }, /^refused 2: --until/],
      [{ until: '31d' }, /^refused 1: until: /],
      [{ until: '2020-01-01' }, /^refused 1: until: /],
      [{ reason: '' }, /^refused 1: reason: /],
      [{ role: 'nothing' }, /^refused 1: role: /],
      [{ login: 'nobody' }, /^refused 1: There is no user nobody/],
    ] as const
    for (const [change, expected] of wrong)
      assert.match(textOf(await run('grant create', { ...wish, ...change })), expected, JSON.stringify(change))
  })

  test('notice says something beside an app of the policy, and clears it', async (t) => {
    const run = runner(await openTestApp(t))
    assert.match(
      textOf(await run('notice set', { app: 'app', text: 'Mended at noon.', until: '3h' })),
      /^People read this beside app until /,
    )
    assert.match(textOf(await run('notice list')), /^app .* olga +Mended at noon\.$/m)
    assert.match(textOf(await run('notice set', { app: 'none', text: 'x' })), /^refused 1: The policy has no app none/)
    assert.match(textOf(await run('notice set', { app: 'app', text: 'x', until: 'x' })), /^refused 2: --until/)
    assert.match(
      textOf(await run('notice set', { app: 'app', text: 'x', from: '2h', until: '1h' })),
      /^refused 1: until/,
    )
    assert.equal(textOf(await run('notice clear', { app: 'app' })), 'Nothing stands beside app any more.')
    assert.match(textOf(await run('notice clear', { app: 'app' })), /^refused 1: There is no notice of app/)
  })

  test('matrix goes on where it stopped, keys status tells of every purpose, sessions are narrowed by network', async (t) => {
    const app = await openTestApp(t)
    for (const login of ['ann', 'ben', 'cy']) await app.addUser(login, { password: null })
    const run = runner(app)
    const first = await run('matrix', { limit: '2' })
    assert.match(textOf(first), /2 of 3\. Go on: postern matrix --after ben$/)
    assert.match(textOf(await run('matrix', { after: 'ben' })), /^LOGIN.*\ncy /)
    assert.match(textOf(await run('matrix', { limit: '0' })), /^refused 2: --limit/)
    assert.match(textOf(await run('matrix', { app: ['none'] })), /^refused 1: The policy has no app none/)
    for (const purpose of ['token', 'pepper', 'sealing'])
      assert.match(textOf(await run('keys status')), new RegExp(` ${purpose} +minting`))
    await app.token('ann')
    assert.equal(
      textOf(await run('session list', { network: '192.0.2.0/24' })),
      'Nobody is signed in from 192.0.2.0/24.',
    )
    assert.match(textOf(await run('session list', { network: 'x' })), /^refused 2: /)
    assert.match(textOf(await run('session list')), / ann /)
  })

  test('policy apply refuses where another version is in force than was expected', async (t) => {
    const run = runner(await openTestApp(t))
    const source = `${POLICY}\n`
    assert.match(textOf(await run('policy apply', { file: 'p', source, expect: '7' })), /^refused 1: /)
    assert.equal(textOf(await run('policy apply', { file: 'p', source, expect: '1' })), 'Applied as version 2.')
  })
})
