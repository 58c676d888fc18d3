import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PosternError } from '../../src/errors.ts'
import type { Principal } from '../../src/lib/principal.ts'
import type { Context } from '../../src/parts/context.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import type { Cleanup } from '../support/directories.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Listener } from './ask.ts'

const SOMEBODY: Principal = {
  userId: '7',
  signInId: '8',
  login: 'alice',
  email: 'alice@example.com',
  name: 'Alice',
  roles: ['user'],
  factors: { password: 0 },
  absoluteExpiresAt: Number.MAX_SAFE_INTEGER,
}

/** What a store that has gone wrong could give as somebody. */
const RUBBISH: readonly unknown[] = [
  undefined,
  0,
  '',
  'alice',
  [],
  {},
  { ...SOMEBODY, login: undefined },
  { ...SOMEBODY, login: null },
  { ...SOMEBODY, userId: undefined },
  { ...SOMEBODY, email: 7 },
  { ...SOMEBODY, name: {} },
  { ...SOMEBODY, roles: undefined },
  { ...SOMEBODY, roles: null },
  { ...SOMEBODY, roles: 'admin' },
]

suite('FAIL-04, FAIL-05: what goes wrong while the principal is read is a 500, never a yes', () => {
  test('when the store throws, at once or later', async (t) => {
    const failing = await withSessions(t, () => {
      throw new Error('broken')
    })
    const rejecting = await withSessions(t, () => Promise.reject(new PosternError('store_unavailable', 'gone')))
    for (const { ask } of [failing, rejecting]) {
      assert.equal(verdictOf(await ask({ token: 'x' })), 'fault')
      assert.equal(verdictOf(await ask({ token: 'x', uri: '/admin/' })), 'fault')
      assert.equal(verdictOf(await ask({ token: 'x', uri: '/public/a' })), 'anon')
    }
  })

  test('when the store does not answer within the deadline', async (t) => {
    const { ask } = await withSessions(t, () => new Promise<never>(() => {}))
    const startedAt = performance.now()
    assert.equal(verdictOf(await ask({ token: 'x' })), 'fault')
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs > 400 && tookMs < 2_000, `${tookMs} ms`)
  })

  test('when the store gives rubbish, at once or later', async (t) => {
    const given: { value: unknown } = { value: null }
    const atOnce = await withSessions(t, () => given.value as Principal)
    const later = await withSessions(t, () => Promise.resolve({ principal: given.value as Principal, tier: 'l3' }))
    for (const value of RUBBISH) {
      given.value = value
      for (const uri of ['/', '/admin/']) {
        const told = [await atOnce.ask({ token: 'x', uri }), await later.ask({ token: 'x', uri })].map(verdictOf)
        assert.ok(
          told.every((verdict) => ['fault', 'no'].includes(verdict)),
          `${JSON.stringify(value)} ${told.join()}`,
        )
      }
    }
    given.value = SOMEBODY
    assert.equal(verdictOf(await atOnce.ask({ token: 'x' })), 'allow(alice)')
    assert.equal(verdictOf(await later.ask({ token: 'x' })), 'allow(alice)')
  })

  test('when the database is gone', async (t) => {
    const listener = await openListener(t)
    await listener.database.withConnection((connection) =>
      connection.script('alter table auth.session_tokens rename to elsewhere'),
    )
    assert.equal(verdictOf(await listener.ask({ token: listener.alice })), 'fault')
    assert.equal(verdictOf(await listener.ask({ uri: '/public/' })), 'anon')
  })

  test('HDR: an identity of over 4 KiB is forbidden, and the reason logged', async (t) => {
    const { ask, logs } = await withSessions(t, () => ({ ...SOMEBODY, name: 'é'.repeat(700) }))
    const told = await ask({ token: 'x' })
    assert.equal(told.status, 403)
    assert.equal(logs().at(-1)?.['reason'], 'identity_too_large')
  })
})

suite('what is refused or forbidden can be found in the log', () => {
  test('a forbid with the number of the rule and the login, where there are such', async (t) => {
    const { ask, logs, alice } = await openListener(t)
    const cases = [
      [
        { uri: '/admin/users', token: alice },
        { reason: 'missing_role', app: 'app', rule: 3, login: 'alice' },
      ],
      [
        { uri: '/old/x', token: alice },
        { reason: 'denied_by_rule', app: 'app', rule: 6 },
      ],
      [
        { uri: '/public/', method: 'TRACE' },
        { reason: 'method_not_named', app: 'app', rule: 1 },
      ],
      [{ host: 'unknown.test', url: '/verify/nginx' }, { reason: 'unknown_host' }],
    ] as const
    for (const [asked, expected] of cases) {
      await ask(asked)
      const { reason, app, rule, login } = logs().at(-1) ?? {}
      const found = Object.entries({ reason, app, rule, login }).filter(([, value]) => value !== undefined)
      assert.deepEqual(Object.fromEntries(found), expected)
    }
  })

  test('by the id in the answer, with the reason and without query or cookie', async (t) => {
    const { ask, logs, alice } = await openListener(t)
    const secret = `?token=${alice}`
    const cases = [
      ['missing_role', { uri: `/admin/users${secret}`, token: alice }],
      ['denied_by_rule', { uri: `/old/x${secret}` }],
      ['bad_path_character', { uri: `/a"${secret}` }],
      ['missing_header', { without: ['X-Original-URI'] }],
      ['doubled_header', { more: ['X-Original-URI: /public/'] }],
      ['identity_header', { more: ['Remote_User: x'] }],
      ['wrong_app', { host: 'a.team.example.com' }],
      ['bad_client_address', { address: 'x' }],
      ['ambiguous_path', { uri: '/public/%2500' }],
    ] as const
    for (const [reason, asked] of cases) {
      const told = await ask(asked)
      const line = logs().findLast(({ decisionId }) => decisionId === told.header('x-postern-decision'))
      assert.match(told.header('x-postern-decision') ?? '', /^[0-9a-f]{12}$/)
      assert.equal(line?.['reason'], reason)
      assert.ok(!JSON.stringify(line).includes(alice))
    }
  })
})

function withSessions(t: Cleanup, find: () => ReturnType<Sessions['find']>): Promise<Listener> {
  const overrides = ({ gatewayParts }: Context): Partial<Context> => ({
    gatewayParts: { ...gatewayParts, sessions: { find } },
  })
  return openListener(t, { overrides })
}
