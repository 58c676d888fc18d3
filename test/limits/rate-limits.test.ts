import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { createRateLimits } from '../../src/limits/rate-limits.ts'
import type { RateLimits } from '../../src/limits/rate-limits.ts'
import { RATE_RULES, rateClassOf } from '../../src/limits/rate-rules.ts'
import { KeyValueError } from '../../src/store/key-value.ts'
import { startRedis } from '../support/redis.ts'
import { openReady } from './fixture.ts'

const RULE = { name: 'test', perMinute: 6, burst: 3 }

async function takes(limits: RateLimits, key: string, times: number): Promise<string[]> {
  const outcomes = []
  for (let count = 0; count < times; count++) {
    const take = await limits.take(RULE, key)
    outcomes.push(take.ok ? 'ok' : String(take.retryAfterS))
  }
  return outcomes
}

test('a burst goes, then one each share of a minute, and each key has its own', async () => {
  const clock = { now: 0 }
  const limits = createRateLimits({ keyValue: null, prefix: '', now: () => clock.now })
  assert.deepEqual(await takes(limits, 'a', 5), ['ok', 'ok', 'ok', '10', '10'])
  assert.deepEqual(await takes(limits, 'b', 1), ['ok'])
  clock.now += 9_001
  assert.deepEqual(await takes(limits, 'a', 1), ['1'])
  clock.now += 1_000
  assert.deepEqual(await takes(limits, 'a', 2), ['ok', '10'])
  clock.now += 60_000
  assert.deepEqual(await takes(limits, 'a', 4), ['ok', 'ok', 'ok', '10'])
})

test('keys beyond what a process remembers share one, until others are over', async () => {
  const clock = { now: 0 }
  const limits = createRateLimits({ keyValue: null, prefix: '', now: () => clock.now, maxKeys: 2 })
  for (const key of ['a', 'b']) await limits.take(RULE, key)
  const outcomes = await Promise.all(['c', 'd', 'e', 'f'].map((key) => limits.take(RULE, key)))
  assert.deepEqual(
    outcomes.map(({ ok }) => ok),
    [true, true, true, false],
  )
  clock.now += 61_000
  assert.equal((await limits.take(RULE, 'g')).ok, true)
})

const server = await startRedis({ after })
const keyValue = await openReady({ after }, server.address)

test('replicas share over Redis, exactly, and two databases on one Redis do not', async () => {
  const prefix = randomUUID()
  const now = (): number => performance.now()
  const replicas = [1, 2, 3].map(() => createRateLimits({ keyValue, prefix, now }))
  const outcomes = await Promise.all(replicas.flatMap((each) => Array.from({ length: 20 }, () => each.take(RULE, 'a'))))
  assert.equal(outcomes.filter((take) => take.ok).length, 3)
  const [refused] = outcomes.filter((take) => !take.ok)
  assert.ok(refused?.ok === false && refused.retryAfterS <= 10 && refused.retryAfterS >= 1)
  assert.equal((await createRateLimits({ keyValue, prefix: randomUUID(), now }).take(RULE, 'a')).ok, true)
})

test('without an answer of Redis each process limits by itself', async () => {
  const run = (): Promise<unknown> => Promise.reject(new KeyValueError('gone'))
  const limits = createRateLimits({ keyValue: { run }, prefix: '', now: () => 0 })
  assert.deepEqual(await takes(limits, 'a', 4), ['ok', 'ok', 'ok', '10'])
})

test('what is asked for tells its class: forms are tight, pages and assets are not', () => {
  const cases = [
    ['GET', '/assets/postern.css', 'asset'],
    ['GET', '/login', 'page'],
    ['POST', '/login', 'sign_in'],
    ['POST', '/login/second-factor', 'sign_in'],
    ['POST', '/api/v2/auth/login', 'sign_in'],
    ['GET', '/api/v2/auth/session', 'api'],
    ['POST', '/api/v2/auth/logout', 'api'],
    ['POST', '/reset', 'recovery'],
    ['POST', '/invite', 'recovery'],
    ['GET', '/reset/:token', 'page'],
    ['POST', '/account/factors/totp', 'secret'],
    ['POST', '/account/sessions', 'form'],
    ['POST', '/account/password', 'secret'],
    ['POST', '/account/password/strength', 'strength'],
    ['POST', '/api/v2/policy/try', 'draft'],
    ['POST', '/api/v2/policy/replay', 'draft'],
    ['PUT', '/api/v2/policy', 'draft'],
    ['GET', '/api/v2/policy', 'api'],
    ['POST', '/admin/policy/apply', 'draft'],
    ['GET', '/admin/policy/try', 'page'],
    ['POST', '/logout', 'form'],
    ['DELETE', '/api/v2/attempts', 'api'],
    ['GET', '/api/v2/tokens', 'api'],
    ['POST', '/api/v2/tokens', 'secret'],
    ['DELETE', '/api/v2/tokens/:id', 'secret'],
    ['POST', '/account/api-tokens', 'secret'],
    ['POST', '/account/email/confirm', 'secret'],
    ['GET', '/logins', 'page'],
  ] as const
  for (const [method, path, kind] of cases) assert.equal(rateClassOf(method, path), kind, `${method} ${path}`)
  const { page, sign_in: signIn, recovery } = RATE_RULES
  assert.ok(page.network.perMinute > signIn.network.perMinute && signIn.network.perMinute > recovery.network.perMinute)
})
