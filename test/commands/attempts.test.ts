import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { CommandResult } from '../../src/commands/command.ts'
import { runOrder } from '../../src/commands/registry.ts'
import { sidesOf } from '../../src/limits/attempt-sides.ts'
import { createRedisAttempts } from '../../src/limits/redis-attempts.ts'
import { readDatabaseIdentity } from '../../src/store/database-identity.ts'
import { statement } from '../../src/store/statement.ts'
import { findCredentials } from '../../src/users/users.ts'
import { openReady } from '../limits/fixture.ts'
import { openTestApp, ORIGIN, SECRET_KEY, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { runPostern } from '../support/e2e.ts'
import { startRedis } from '../support/redis.ts'

const EVENTS = statement<[], { resource: string | null; details: Record<string, unknown> }>(
  'events',
  `select resource, details - 'command' - 'operator' as details from auth.auth_audit_log where event_type = 'attempts_cleared' order by occurred_at`,
)

suite('the commands about attempts', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openTestApp(cleanup)
    await app.addUser('alice')
  })

  const run = async (command: string, given: Readonly<Record<string, unknown>> = {}): Promise<CommandResult> => {
    const reply = await runOrder(app.context, { command, given })
    if ('refusal' in reply) assert.fail(reply.refusal)
    return reply.result
  }
  const fail = async (name: string, addresses: readonly string[]): Promise<string> => {
    const userId = (await findCredentials(app.database, name))?.id ?? null
    const whole = { name, userId, deviceHash: null, factor: 'password' } as const
    let kind = ''
    for (const address of addresses) ({ kind } = await app.context.attempts.reserve({ ...whole, address }))
    return kind
  }

  test('list who failed, from where, and until when they are stopped', async () => {
    assert.equal((await run('attempts list')).text, 'Nobody failed lately.')
    await fail(
      'alice',
      Array.from({ length: 10 }, () => '192.0.2.1'),
    )
    await fail('ghost', ['198.51.100.7'])
    const { text } = await run('attempts list', { login: 'Alice@example.com' })
    assert.match(text, /^FAILED BY +FACTOR +LOGIN +NETWORK +FAILURES +LAST +STOPPED UNTIL\n/)
    assert.match(text, /person from network +password +alice +192\.0\.2\.1\/32 +10 +\S+Z +\S+Z/)
    assert.doesNotMatch(text, /198\.51/)
    assert.match((await run('attempts list', { network: '198.51.100.0/24' })).text, /198\.51\.100\.7\/32/)
  })

  test('clear them for a network or all, not by mistake, and write it down', async () => {
    const refused = await runOrder(app.context, { command: 'attempts clear', given: {} })
    assert.deepEqual('exitCode' in refused && refused.exitCode, 2)
    const wrong = await runOrder(app.context, { command: 'attempts clear', given: { network: '192.0.2.1/24' } })
    assert.deepEqual('exitCode' in wrong && wrong.exitCode, 2)
    assert.equal(await fail('alice', ['192.0.2.1']), 'stopped')
    await run('attempts clear', { network: '192.0.2.0/24' })
    assert.equal(await fail('alice', ['192.0.2.1']), 'go')
    await run('attempts clear', { all: true })
    assert.equal((await run('attempts list')).text, 'Nobody failed lately.')
    const events = await app.database.query(EVENTS)
    assert.deepEqual(events[0], { resource: null, details: { cleared: 2, network: '192.0.2.0/24' } })
  })

  test('unlock somebody whom a hundred failures in a row stopped everywhere', async () => {
    await fail(
      'alice',
      Array.from({ length: 100 }, (_, index) => `10.0.${index}.1`),
    )
    assert.equal(await fail('alice', ['10.1.0.1']), 'stopped')
    assert.match((await run('user unlock', { login: 'alice' })).text, /^alice can try again; cleared 101 counts\.$/)
    assert.equal(await fail('alice', ['10.1.0.1']), 'go')
    assert.match((await run('user unlock', { login: 'alice' })).text, /cleared 2 counts/)
    assert.equal((await run('user unlock', { login: 'alice' })).text, 'alice was not stopped.')
  })

  test('work from a shell on what replicas count in Redis', async (t) => {
    const server = await startRedis(t)
    const keyValue = await openReady(t, server.address)
    const store = createRedisAttempts(keyValue, await readDatabaseIdentity(app.database))
    const userId = (await findCredentials(app.database, 'alice'))?.id ?? null
    const attempt = { name: 'alice', userId, address: '192.0.2.1', deviceHash: null, factor: 'password' } as const
    for (let count = 0; count < 10; count++) await store.reserve(sidesOf(Buffer.alloc(32), attempt, false), Date.now())
    const env = {
      POSTERN_DATABASE_URL: app.url,
      POSTERN_SECRET_KEY: SECRET_KEY,
      POSTERN_PUBLIC_URL: `${ORIGIN}/.postern`,
      POSTERN_REDIS_URL: `redis://127.0.0.1:${server.port}/0`,
    }
    const listed = await runPostern(env, ['attempts', 'list', '--login', 'alice', '--json'])
    const rows = JSON.parse(listed.stdout) as { side: string; failures: number }[]
    assert.deepEqual(rows.map(({ side, failures }) => `${side} ${failures}`).sort(), ['person 10', 'person_network 10'])
    const unlocked = await runPostern(env, ['user', 'unlock', 'alice'])
    assert.deepEqual([unlocked.exitCode, unlocked.stderr], [0, ''])
    assert.deepEqual(await store.list({ person: { userId, subjects: [] } }, 10, Date.now()), [])
    await server.kill()
    const gone = await runPostern(env, ['attempts', 'list'])
    assert.equal(gone.exitCode, 1)
    assert.match(gone.stderr, /^Redis does not answer/)
  })
})
