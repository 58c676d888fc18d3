import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { SharedOutcome } from '../../src/observe/metrics-verify.ts'
import type { Known } from '../../src/sessions/principal-cache.ts'
import { createRedisPrincipals, SHARED_LIFE_MS } from '../../src/sessions/redis-principals.ts'
import type { SharedPrincipals } from '../../src/sessions/shared-principals.ts'
import { openRedis } from '../../src/store/redis.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { openTestDatabase } from '../support/database.ts'
import type { Cleanup } from '../support/directories.ts'
import { startRedis } from '../support/redis.ts'
import type { RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { keyRing, KNOWN, openMember, signIn } from './shared-tier.ts'

const TOKEN = 'ps101abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01'
const OTHER = TOKEN.replace('abc', 'cba')
const keys = keyRing(1)

const redis = await startRedis({ after })
const keyValue = await openReady({ after }, redis)

test('what one process keeps another has, with its own time of reading', async () => {
  redis.run(['flushall'])
  await keep(open('one').shared, KNOWN)
  const { shared, outcomes } = open('one', { now: 77 })
  assert.deepEqual(await shared.get(TOKEN), { ...KNOWN, readAt: 77 })
  assert.equal(await shared.get(OTHER), null)
  assert.deepEqual(outcomes, ['hit', 'miss'])
})

test('keys hold the SHA-256 of a token and never the token, values nothing readable, for 5 minutes', async () => {
  redis.run(['flushall'])
  await keep(open('one').shared, KNOWN)
  const key = onlyKey()
  assert.ok(key.endsWith(createHash('sha256').update(TOKEN).digest('base64url')))
  assert.ok(!key.includes(TOKEN.slice(5, 20)))
  assert.doesNotMatch(redis.run(['get', key]), /alice|staff|example/)
  const lifeMs = Number(redis.run(['pttl', key]))
  assert.ok(lifeMs > SHARED_LIFE_MS - 10_000 && lifeMs <= SHARED_LIFE_MS)
})

test('a sign-in that ends sooner is kept no longer, and one that has ended not at all', async () => {
  redis.run(['flushall'])
  const { shared } = open('one')
  shared.set(OTHER, endingAt(Date.now() - 1))
  await keep(shared, endingAt(Date.now() + 60_000))
  assert.ok(Number(redis.run(['pttl', onlyKey()])) <= 60_000)
})

test('a restored database starts empty', async () => {
  redis.run(['flushall'])
  await keep(open('before').shared, KNOWN)
  const { shared, outcomes } = open('restored')
  assert.equal(await shared.get(TOKEN), null)
  assert.deepEqual(outcomes, ['miss'])
})

test("whatever stands under our key, but what we wrote there, is nobody's principal", async () => {
  redis.run(['flushall'])
  const { shared, outcomes } = open('one')
  await keep(shared, KNOWN)
  const key = onlyKey()
  const sealed = await keyValue.get(key, 16_384)
  assert.ok(sealed)
  const planted: readonly (readonly [value: Buffer, outcome: SharedOutcome])[] = [
    [Buffer.from(JSON.stringify({ user: 'bob', roles: ['admin'] })), 'odd'],
    [Buffer.from('{"__proto__":{"roles":["admin"]}}'), 'odd'],
    [Buffer.from(JSON.stringify(KNOWN)), 'odd'],
    [sealed.subarray(0, -1), 'odd'],
    [Buffer.alloc(10_000_000, 1), 'miss'],
  ]
  for (const [value, outcome] of planted) {
    redis.run(['set', key], value)
    assert.equal(await shared.get(TOKEN), null)
    assert.equal(outcomes.at(-1), outcome)
  }
  redis.run(['del', key])
  redis.run(['lpush', key, 'item'])
  assert.equal(await shared.get(TOKEN), null)
  await keep(shared, KNOWN)
  assert.ok(await shared.get(TOKEN))
})

test("another's entry under one's own key is none", async () => {
  redis.run(['flushall'])
  const { shared, outcomes } = open('one')
  shared.set(OTHER, KNOWN)
  await until('it is kept', 2_000, async () => (await shared.get(OTHER)) !== null)
  const key = onlyKey()
  const own = key.slice(0, key.lastIndexOf(':') + 1) + createHash('sha256').update(TOKEN).digest('base64url')
  redis.run(['rename', key, own])
  assert.equal(await shared.get(TOKEN), null)
  assert.equal(outcomes.at(-1), 'odd')
})

test('an entry that is put back after its life, or comes from a clock far ahead, is none', async (t) => {
  redis.run(['flushall'])
  const { shared, outcomes } = open('one')
  await keep(shared, KNOWN)
  redis.run(['persist', onlyKey()])
  const cases: readonly (readonly [laterMs: number, outcome: SharedOutcome])[] = [
    [SHARED_LIFE_MS - 5_000, 'hit'],
    [SHARED_LIFE_MS + 1, 'odd'],
    [-55_000, 'hit'],
    [-70_000, 'odd'],
  ]
  const present = Date.now()
  for (const [laterMs, outcome] of cases) {
    t.mock.timers.enable({ apis: ['Date'], now: present + laterMs })
    const found = await shared.get(TOKEN)
    t.mock.timers.reset()
    assert.deepEqual([found !== null, outcomes.at(-1)], [outcome === 'hit', outcome])
  }
})

test('a principal too large to share is left to the database', async () => {
  redis.run(['flushall'])
  const { shared } = open('one')
  shared.set(OTHER, { ...KNOWN, principal: { ...KNOWN.principal, name: 'x'.repeat(20_000) } })
  await keep(shared, KNOWN)
  onlyKey()
})

test('without Redis nothing is known, and nobody is told of a failure but by the outcome', async (t) => {
  const server = await startRedis(t)
  const { shared, outcomes } = open('one', { over: await openReady(t, server) })
  await keep(shared, KNOWN)
  await server.kill()
  shared.set(TOKEN, KNOWN)
  assert.equal(await shared.get(TOKEN), null)
  assert.equal(outcomes.at(-1), 'failed')
})

test('a process that starts is answered from Redis, until a change names the sign-in', async (t) => {
  redis.run(['flushall'])
  const { database } = await openTestDatabase(t)
  const [one, other] = [await openMember(database, keyValue), await openMember(database, keyValue)]
  const [token = ''] = await signIn(database, one)
  assert.equal((await one.ask(token)).tier, 'l3')
  await until('it is shared', 2_000, () => redis.run(['dbsize']).trim() === '1')
  const found = await other.ask(token)
  assert.equal(found.tier, 'l2')
  assert.deepEqual(found.principal, await one.reader.find(token, null))
  await one.sessions.endAllOf('alice', 'revoked')
  const late = await openMember(database, keyValue)
  await other.feed.read()
  for (const member of [one, other, late]) assert.equal((await member.ask(token)).principal, null)
  assert.equal(redis.run(['dbsize']).trim(), '1')
})

test('while Redis hangs or is gone everybody is answered by the database', async (t) => {
  const server = await startRedis(t)
  const { database } = await openTestDatabase(t)
  const member = await openMember(database, await openReady(t, server))
  const tokens = await signIn(database, member, 60)
  for (const fault of [async () => server.signal('SIGSTOP'), () => server.kill()]) {
    await fault()
    await member.feed.read()
    for (const answer of await Promise.all(tokens.splice(0, 30).map((token) => member.ask(token)))) {
      assert.equal(answer.tier, 'l3')
      assert.ok(answer.principal)
    }
  }
})

interface Opened {
  readonly shared: SharedPrincipals
  readonly outcomes: SharedOutcome[]
}

function open(databaseIdentity: string, { over = keyValue, now = 0, server = '1' } = {}): Opened {
  const outcomes: SharedOutcome[] = []
  const onRead = (outcome: SharedOutcome): void => void outcomes.push(outcome)
  const shared = createRedisPrincipals({
    keyValue: over,
    keys,
    databaseIdentity,
    server: () => server,
    onRead,
    now: () => now,
  })
  return { shared, outcomes }
}

async function keep(shared: SharedPrincipals, known: Known): Promise<void> {
  shared.set(TOKEN, known)
  await until('it is kept', 2_000, async () => (await shared.get(TOKEN)) !== null)
}

function endingAt(absoluteExpiresAt: number): Known {
  return { ...KNOWN, principal: { ...KNOWN.principal, absoluteExpiresAt } }
}

function onlyKey(): string {
  const found = redis.run(['keys', '*']).trim().split('\n')
  assert.equal(found.length, 1)
  return found[0] ?? ''
}

async function openReady(t: Cleanup, { address }: RedisServer): Promise<KeyValue> {
  const opened = openRedis({ address, sentinelPassword: null, onTrouble: () => {}, now: () => performance.now() })
  t.after(() => opened.close())
  await until('Redis answers', 5_000, () =>
    opened.ping().then(
      () => true,
      () => false,
    ),
  )
  return opened
}
