import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import type { Reply } from '../../src/commands/control.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

const EVENTS = statement<[], { event_type: string; resource: string; details: Record<string, unknown> }>(
  'events',
  `select event_type, resource, details from auth.auth_audit_log where event_type like 'api_token%'
   order by occurred_at`,
)

interface Made {
  readonly id: string
  readonly token: string
  readonly expires_at: string
}

suite('token', () => {
  const runner =
    ({ context }: TestApp) =>
    (command: string, given: Record<string, unknown>): Promise<Reply> =>
      runOrder(context, { command, given })

  test('create shows it once, list shows how it begins, revoke ends it', async (t) => {
    const app = await openTestApp(t)
    await app.addUser('alice')
    const run = runner(app)
    const scope = { app: ['app'], path: ['/api/**'], method: ['get'], network: ['10.0.0.0/8'] }
    const created = await run('token create', { login: 'alice', name: 'backup', expires: '7d', ...scope })
    assert.ok('result' in created, JSON.stringify(created))
    const made = created.result.data as Made
    assert.ok(created.result.text.endsWith(`\n${made.token}`))
    const daysLeft = (Date.parse(made.expires_at) - Date.now()) / 86_400_000
    assert.ok(daysLeft > 6.99 && daysLeft <= 7)

    const listed = await run('token list', { login: 'alice' })
    assert.ok('result' in listed)
    assert.match(listed.result.text, /backup +pst_[\w-]+… +app, GET, \/api\/\*\*, from 10\.0\.0\.0\/8 +never/)
    assert.equal(JSON.stringify(listed).includes(made.token), false)

    assert.ok('result' in (await run('token revoke', { id: made.id })))
    const again = await run('token revoke', { id: made.id })
    assert.ok('refusal' in again)
    assert.equal(again.exitCode, 1)
    const events = await app.database.query(EVENTS)
    assert.deepEqual(
      events.map(({ event_type: type, resource }) => [type, resource]),
      [
        ['api_token_created', 'user:alice'],
        ['api_token_revoked', 'user:alice'],
      ],
    )
    assert.equal(JSON.stringify(events).includes(made.token.slice(0, 12)), false)
  })

  test('create says what is wrong, option by option', async (t) => {
    const app = await openTestApp(t)
    await app.addUser('alice')
    await app.addUser('bob', { disabled: true })
    const run = runner(app)
    const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ login: 'nobody' }, /no user nobody/],
      [{ login: 'bob' }, /disabled/],
      [{ name: ' ' }, /^--name/],
      [{ name: 'a\u202eb' }, /^--name/],
      [{ expires: '0d' }, /^--expires/],
      [{ expires: '731d' }, /^--expires/],
      [{ expires: '1y' }, /^--expires/],
      [{ app: ['nope'] }, /^--app/],
      [{ host: ['a b'] }, /^--host/],
      [{ path: ['api'] }, /^--path/],
      [{ path: ['/a/{login}'] }, /^--path/],
      [{ path: ['/a/../b'] }, /^--path/],
      [{ method: ['NUKE'] }, /^--method/],
      [{ network: ['10.0.0.1/8'] }, /^--network/],
      [{ path: Array.from({ length: 51 }, (_, index) => `/a${index}`) }, /^--path/],
    ]
    for (const [given, sentence] of wrong) {
      const reply = await run('token create', { login: 'alice', name: 'x', ...given })
      assert.ok('refusal' in reply, JSON.stringify(given))
      assert.match(reply.refusal, sentence)
    }
    assert.deepEqual(await app.context.apiTokens.list(null, 10), [])
  })
})
