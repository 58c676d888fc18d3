import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { IS_LONG } from '../support/long.ts'
import { startRedisSentinel } from '../support/redis-topologies.ts'
import type { SentinelSet } from '../support/redis-topologies.ts'
import type { RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import {
  askOften,
  commandsOf,
  connectionsOf,
  documentedUser,
  drill,
  hasRedis,
  isAskedByAll,
  oddKeysOf,
  refusalsOf,
} from './redis-drill.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

const DOWN_AFTER_MS = 1_000
const WRITING = ['set', 'eval']
/** What one network may ask before it is too much, and what comes back in a second: `sign_in` of RATE_RULES. */
const [BURST, A_SECOND] = [120, 2]

suite('Redis with sentinels under load', { timeout: 180_000 }, () => {
  let world: World
  let redis: SentinelSet
  const closers: (() => Promise<void>)[] = []
  before(async () => {
    const t = { after: (close: () => Promise<void>) => void closers.unshift(close) }
    const { args, user } = documentedUser()
    const sizes = { replicas: 2, sentinels: 3, downAfterMs: DOWN_AFTER_MS }
    redis = await startRedisSentinel(t, { ...sizes, server: { args }, user })
    world = await startWorld(t, { store: 'shared', processes: 2, users: 10, redisUrl: redis.url })
  })
  after(async () => {
    for (const close of closers) await close()
  })

  test('a master that is killed is replaced without a restart, and gets nothing once it is back', async (t) => {
    const killed = redis.master
    await drill(t, {
      world,
      async happens(scene) {
        await isAskedByAll(killed, world)
        await killed.kill()
        const killedAt = performance.now()
        const { through, tooMuch } = await askOften(scene.gateway(0), 2 * BURST + 60)
        const taken = await takenOver(killed)
        // What Redis counted is lost with its master, and what the process counted meanwhile when there is a new one.
        assert.ok(
          through >= BURST && through <= 2 * BURST + 10 * A_SECOND && tooMuch > 0,
          `${through} through, ${tooMuch} too much`,
        )
        const tookMs = Math.round(performance.now() - killedAt)
        await killed.start()
        await getsNothing(killed)
        return `killed, ${taken} after ${tookMs} ms; of a flood ${through} let through and ${tooMuch} not`
      },
    })
  })

  test('a master that stands still is replaced, and gets nothing once it goes on', { skip: !IS_LONG }, async (t) => {
    const stopped = redis.current()
    await drill(t, {
      world,
      async happens() {
        await isAskedByAll(stopped, world)
        stopped.signal('SIGSTOP')
        const stoppedAt = performance.now()
        const taken = await takenOver(stopped).finally(() => stopped.signal('SIGCONT'))
        const tookMs = Math.round(performance.now() - stoppedAt)
        await until('its old connections are gone', 5_000, () => connectionsOf(stopped) === 0)
        await getsNothing(stopped)
        return `stopped, ${taken} after ${tookMs} ms`
      },
    })
  })

  test('the documented rights are all that is used, and what is kept is sealed under keys of ours', () => {
    for (const server of [redis.master, ...redis.replicas]) assert.deepEqual(refusalsOf(server), [])
    for (const server of [redis.master, ...redis.replicas]) assert.deepEqual(oddKeysOf(server), [])
  })

  async function takenOver(before: RedisServer): Promise<string> {
    const now = await until('another is the master', 40_000, () => {
      const current = redis.current()
      return current === before ? null : current
    })
    await isAskedByAll(now, world)
    await Promise.all(world.gateways.map(hasRedis))
    return `a replica in use by ${connectionsOf(now)} processes`
  }
})

/** People go on, and none of what they do is written there. */
async function getsNothing(server: RedisServer): Promise<void> {
  const writes = commandsOf(server, WRITING)
  await delay(DOWN_AFTER_MS)
  const isReplica = server.run(['role']).startsWith('slave')
  assert.equal(connectionsOf(server), 0)
  if (!isReplica) assert.equal(commandsOf(server, WRITING), writes)
}
