import type { Secrets } from '../config/settings.ts'
import type { PartHealth } from '../observe/health.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { KeyValue } from '../store/key-value.ts'
import { openRedis } from '../store/redis.ts'

/** Redis where one is configured, else null. The start doesn't wait for it, since all goes on without. */
export function openSecondTier(secrets: Secrets, log: Log, metrics?: Pick<Metrics, 'redisCommand'>): KeyValue | null {
  const { redisUrl, redisSentinelPassword, redisCa, redisCertificate, redisKey } = secrets
  if (redisUrl === null) return null
  const onTrouble = (trouble: string | null): void => {
    if (trouble === null) log.info('Redis is of use again')
    else log.warn({ trouble }, 'Redis is of no use: the database answers in its place')
  }
  return openRedis({
    address: redisUrl,
    sentinelPassword: redisSentinelPassword,
    tls: { ca: redisCa, certificate: redisCertificate, key: redisKey },
    onTrouble,
    onCommand: (command, ms) => metrics?.redisCommand(command, ms / 1_000),
    now: () => performance.now(),
  })
}

/** Never `failing`. Asks, since what nobody uses tells of no trouble. */
export async function secondTierHealth(keyValue: KeyValue): Promise<PartHealth> {
  await keyValue.ping().catch(() => undefined)
  return keyValue.trouble === null ? { status: 'ok' } : { status: 'degraded', detail: keyValue.trouble }
}
