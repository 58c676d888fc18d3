import { randomUUID } from 'node:crypto'
import type { RedisAddress } from '../../src/config/redis-address.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { openRedis } from '../../src/store/redis.ts'
import type { Cleanup } from '../support/directories.ts'
import { until } from '../support/until.ts'

/** More than a busy machine takes, so that no other store counts in its place. */
const ANSWERS_WITHIN_MS = 20_000

/** A client of a Redis, connected to every node of it. */
export async function openReady(t: Cleanup, address: RedisAddress): Promise<KeyValue> {
  const quiet = { sentinelPassword: null, onTrouble: () => undefined, now: () => performance.now() }
  const keyValue = openRedis({ ...quiet, address, answersWithinMs: ANSWERS_WITHIN_MS })
  t.after(() => keyValue.close())
  const keys = Array.from({ length: 30 }, () => randomUUID())
  const answers = (key: string): Promise<boolean> => keyValue.get(key, 1).then(isTrue, isFalse)
  await until('Redis answers', 10_000, async () => (await Promise.all(keys.map(answers))).every(Boolean))
  return keyValue
}

function isTrue(): boolean {
  return true
}

function isFalse(): boolean {
  return false
}
