import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import type { CommandResult } from '../../src/commands/command.ts'
import { PosternError } from '../../src/errors.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestApp, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { STAFF_POLICY } from './place.ts'

const PASSWORD = 'the planted pass phrase'
const ALICE = { login: 'alice', email: 'alice@example.com', name: 'Alice A.', role: ['staff'], password: PASSWORD }
const NOBODY = '00000000-0000-4000-8000-000000000000'

/** Every way in which somebody stops being an administrator. */
const PARTINGS = [
  { name: 'disable', command: 'user disable', more: {} },
  { name: 'delete', command: 'user delete', more: {} },
  { name: 'roles', command: 'user roles', more: { remove: ['postern-admin'] } },
]

const MAILS = statement<[], { recipient: string }>(
  'mails',
  `select recipient from auth.mail_outbox where kind = 'email_changed' and recipient in ('old@example.com', 'new@example.com')`,
)

interface Refused {
  readonly refusal: string
  readonly exitCode: 1 | 2
}

suite('the user and session commands', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openTestApp(cleanup, { policy: STAFF_POLICY })
  })

  const run = async (command: string, given: Readonly<Record<string, unknown>>): Promise<CommandResult> => {
    const reply = await runOrder(app.context, { command, given })
    if ('refusal' in reply) assert.fail(reply.refusal)
    assert.equal(reply.result.exitCode, 0)
    assert.ok(!JSON.stringify(reply).includes(PASSWORD))
    return reply.result
  }
  const refused = async (command: string, given: Readonly<Record<string, unknown>>): Promise<Refused> => {
    const reply = await runOrder(app.context, { command, given })
    if ('result' in reply) assert.fail(reply.result.text)
    assert.ok(!reply.refusal.includes('planted'))
    return reply
  }
  const counts = async (token: string): Promise<boolean> => (await app.context.sessions.whoHas(token, null)) !== null
  const administrators = async (): Promise<string[]> => {
    const people = (await run('user list', {})).data as { login: string; roles: string[]; state: string }[]
    const active = people.filter(({ roles, state }) => roles.includes('postern-admin') && state !== 'disabled')
    return active.map(({ login }) => login)
  }

  test('tell the old address of another one, and of nothing else', async () => {
    await run('user create', { login: 'mover', email: 'old@example.com' })
    await run('user edit', { login: 'mover', name: 'M. O.' })
    await run('user edit', { login: 'mover', email: 'OLD@example.com' })
    assert.deepEqual(await app.database.query(MAILS), [])
    await run('user edit', { login: 'mover', email: 'new@example.com' })
    assert.deepEqual(await app.database.query(MAILS), [{ recipient: 'old@example.com' }])
    await run('user delete', { login: 'mover' })
  })

  test('make, show and change people', async () => {
    const { data } = await run('user create', ALICE)
    const { id, created_at: createdAt, ...alice } = data as Record<string, unknown>
    const known = { login: 'alice', name: 'Alice A.', email: 'alice@example.com', roles: ['staff'] }
    assert.deepEqual(alice, { ...known, state: 'active' })
    assert.match(`${String(id)} ${String(createdAt)}`, /^[0-9a-f-]{36} \d{4}-.*Z$/)
    assert.match((await run('user list', {})).text, /^LOGIN +NAME +E-MAIL +ROLES +STATE\nalice +Alice A\. +alice@/)
    await run('user edit', { login: 'ALICE', email: 'A@example.com' })
    const roles = await run('user roles', { login: 'alice', add: ['editor'], remove: ['staff'] })
    assert.equal(roles.text, 'alice has the roles editor.')
    assert.match((await run('user show', { login: 'alice' })).text, /email +a@example\.com\nroles +editor/)
  })

  test('end sessions at once: of one id, of one person, by a new password, by disabling', async () => {
    const ends: readonly (() => Promise<CommandResult>)[] = [
      async () => {
        const { data } = await run('session list', { user: 'alice' })
        return run('session revoke', { id: (data as { id: string }[])[0]?.id })
      },
      () => run('session revoke', { user: 'alice' }),
      () => run('user password', { login: 'alice', password: `${PASSWORD}2` }),
      () => run('user disable', { login: 'alice' }),
    ]
    await app.token('alice')
    assert.equal((await run('session revoke', { user: 'alice' })).text, 'Ended 1 session of alice.')
    assert.equal((await run('session revoke', { user: 'alice' })).text, 'Ended 0 sessions of alice.')
    for (const end of ends) {
      const token = await app.token('alice')
      assert.ok(await counts(token))
      assert.match((await end()).text, /Ended session|nded 1 session\b/)
      assert.ok(!(await counts(token)))
    }
    assert.equal((await run('session list', { user: 'alice' })).text, 'alice is not signed in.')
    await run('user enable', { login: 'alice' })
    const last = await app.token('alice')
    assert.ok(await counts(last))
    await run('user delete', { login: 'alice' })
    assert.ok(!(await counts(last)))
    assert.match((await run('session list', {})).text, /Nobody is signed in/)
    assert.match((await run('user list', {})).text, /There are no users yet\. Make one:/)
  })

  test('take roles away at once', async () => {
    await run('user create', ALICE)
    const token = await app.token('alice')
    assert.deepEqual((await app.context.sessions.whoHas(token, null))?.roles, ['staff'])
    await run('user roles', { login: 'alice', remove: ['staff'] })
    assert.deepEqual((await app.context.sessions.whoHas(token, null))?.roles, [])
    await run('user delete', { login: 'alice' })
  })

  test('refuse with what to do, and change nothing', async () => {
    await run('user create', { login: 'bob', email: 'bob@example.com' })
    const cases: readonly (readonly [command: string, given: object, said: RegExp])[] = [
      ['user create', { login: 'bob', email: 'b2@example.com' }, /login: Somebody has this login already/],
      ['user create', { login: 'b2', email: 'BOB@example.com' }, /email: Somebody has this address already/],
      ['user create', { login: 'no blanks', email: 'nobody' }, /login: Use .* email: Use an e-mail/],
      ['user create', { ...ALICE, role: ['none'] }, /no role none\. See its roles: postern policy export/],
      ['user create', { ...ALICE, password: 'short' }, /at least 12 characters/],
      ['user create', { ...ALICE, password: '' }, /at least 12 characters/],
      ['user edit', { login: 'bob', name: 'a\nb' }, /name: Use/],
      ['user show', { login: 'nobody' }, /There is no user nobody\. List them: postern user list/],
      ['user roles', { login: 'bob', add: ['none'] }, /no role none/],
      ['user delete', { login: 'nobody' }, /postern user list/],
      ['user password', { login: 'nobody', password: PASSWORD }, /postern user list/],
      ['session revoke', { user: 'nobody' }, /postern user list/],
      ['session revoke', { id: NOBODY }, /no such session/],
    ]
    for (const [command, given, said] of cases) {
      const { refusal, exitCode } = await refused(command, given as Record<string, unknown>)
      assert.match(refusal, said)
      assert.equal(exitCode, 1, command)
    }
    assert.deepEqual(((await run('user list', {})).data as unknown[]).length, 1)
  })

  test('keep the last administrator, unless it is said that this is meant', async () => {
    for (const { name, command, more } of PARTINGS) {
      const [one, other] = [`${name}-one`, `${name}-other`]
      for (const login of [one, other])
        await run('user create', { login, email: `${login}@example.com`, role: ['postern-admin'] })
      await run(command, { login: one, ...more })
      const token = await app.token(other)
      const { refusal, exitCode } = await refused(command, { login: other.toUpperCase(), ...more })
      assert.match(refusal, new RegExp(`^${other} is the last administrator\\..*--yes`))
      assert.equal(exitCode, 1)
      assert.deepEqual((await app.context.sessions.whoHas(token, null))?.roles, ['postern-admin'], name)
      await run(command, { login: other, ...more, yes: true })
      assert.notDeepEqual((await app.context.sessions.whoHas(token, null))?.roles, ['postern-admin'], name)
    }
  })

  test('let somebody go who is no administrator, or not the last one that may sign in', async () => {
    for (const login of ['chief', 'away', 'clerk'])
      await run('user create', {
        login,
        email: `${login}@example.com`,
        role: login === 'clerk' ? [] : ['postern-admin'],
      })
    await run('user roles', { login: 'clerk', remove: ['postern-admin'] })
    await run('user disable', { login: 'clerk' })
    await run('user delete', { login: 'clerk' })
    await run('user disable', { login: 'away' })
    assert.match((await refused('user disable', { login: 'chief' })).refusal, /last administrator/)
    await run('user delete', { login: 'away' })
    await run('user roles', { login: 'chief', add: ['staff'] })
    await run('user delete', { login: 'chief', yes: true })
  })

  test('RACE: of two administrators who are let go at once exactly one stays', async () => {
    for (const { name, command, more } of PARTINGS) {
      const pair = [`${name}-left`, `${name}-right`]
      for (const login of pair)
        await run('user create', { login, email: `${login}@example.com`, role: ['postern-admin'] })
      const replies = await Promise.all(
        pair.map((login) => runOrder(app.context, { command, given: { login, ...more } })),
      )
      assert.equal(replies.filter((reply) => 'refusal' in reply).length, 1, name)
      const stayed = pair.filter((_, place) => 'refusal' in (replies[place] ?? {}))
      assert.deepEqual(await administrators(), stayed)
      for (const login of stayed) await run('user delete', { login, yes: true })
    }
  })

  test('are refused as wrong use when something is missing or of another kind', async () => {
    const cases: readonly (readonly [command: string, given: object])[] = [
      ['user edit', { login: 'bob' }],
      ['user password', { login: 'bob' }],
      ['user show', {}],
      ['user show', { login: ['bob'] }],
      ['user roles', { login: 'bob', add: 'staff' }],
      ['session revoke', {}],
      ['session revoke', { id: "x'; drop table" }],
      ['no such', {}],
      ['__proto__', {}],
    ]
    for (const [command, given] of cases) {
      assert.equal((await refused(command, given as Record<string, unknown>)).exitCode, 2, command)
    }
  })

  test('tell that the database is gone, instead of breaking off', async (t) => {
    const { context } = await openTestApp(t)
    const query = () => Promise.reject(new PosternError('store_unavailable', 'ECONNREFUSED'))
    const reply = await runOrder(
      { ...context, database: { ...context.database, query } },
      { command: 'user list', given: {} },
    )
    assert.deepEqual(reply, {
      refusal: 'The database does not answer. Try again in a moment. (ECONNREFUSED)',
      exitCode: 1,
    })
  })
})
