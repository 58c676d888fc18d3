import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHealth } from '../../src/observe/health.ts'
import { createLog } from '../../src/observe/log.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { openSecondTier, secondTierHealth } from '../../src/parts/second-tier.ts'
import { testConfig } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

test('without a URL there is no second tier', () => {
  assert.equal(openSecondTier(testConfig({}).secrets, createLog('silent')), null)
})

test('Redis in trouble degrades the health and never fails it, shows in metrics and is logged without its password', async (t) => {
  const password = 'a-secret-of-redis'
  const server = await startRedis(t, { password })
  const lines: string[] = []
  const log = createLog('debug', { write: (line) => lines.push(line) })
  const url = `redis://:${password}@127.0.0.1:${server.port}`
  const metrics = createMetrics({ cachedPrincipals: () => 0, policyVersion: () => 1, redisUp: () => redisUp() })
  const keyValue = openSecondTier(testConfig({ POSTERN_REDIS_URL: url }).secrets, log, metrics)
  assert.ok(keyValue)
  t.after(() => keyValue.close())
  const redisUp = (): boolean => keyValue.trouble === null
  const status = async (): Promise<string> => {
    const health = await checkHealth(
      { database: () => ({ status: 'ok' }), redis: () => secondTierHealth(keyValue) },
      1_000,
    )
    assert.equal(health.status, health.parts['redis']?.status)
    return health.status
  }
  await until('all is well', 5_000, async () => (await status()) === 'ok')
  assert.match(await metrics.expose(), /^postern_redis_up 1$/m)
  assert.match(await metrics.expose(), /^postern_redis_command_duration_seconds_count\{command="PING"\} [1-9]/m)
  server.signal('SIGSTOP')
  assert.equal(await status(), 'degraded')
  assert.match(await metrics.expose(), /^postern_redis_up 0$/m)
  await until('it is logged', 5_000, async () => (await status()) === 'degraded' && lines.length > 0)
  server.signal('SIGCONT')
  await until('all is well again', 5_000, async () => (await status()) === 'ok')
  assert.ok(lines.some((line) => line.includes('Redis is of use again')))
  assert.doesNotMatch(lines.join('\n'), new RegExp(password))
})

test('a part that fails outweighs one that is degraded', async () => {
  const checks = { one: () => ({ status: 'degraded' }) as const, two: () => ({ status: 'failing' }) as const }
  assert.equal((await checkHealth(checks, 100)).status, 'failing')
})
