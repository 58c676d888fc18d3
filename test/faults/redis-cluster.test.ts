import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { IS_LONG } from '../support/long.ts'
import { nodeId, startRedisCluster } from '../support/redis-topologies.ts'
import type { RedisCluster } from '../support/redis-topologies.ts'
import type { RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { commandsOf, documentedUser, drill, hasRedis, oddKeysOf, refusalsOf } from './redis-drill.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

const ASKING = ['getrange', 'set']
/** How many slots move, unless fewer hold anything. */
const AT_MOST = IS_LONG ? 500 : 20

suite('Redis as a cluster under load', { timeout: 180_000 }, () => {
  let world: World
  let redis: RedisCluster
  const closers: (() => Promise<void>)[] = []
  before(async () => {
    const t = { after: (close: () => Promise<void>) => void closers.unshift(close) }
    const { args, user } = documentedUser()
    redis = await startRedisCluster(t, { replicas: true, server: { args }, user })
    world = await startWorld(t, { store: 'shared', processes: 2, users: 10, redisUrl: redis.url })
  })
  after(async () => {
    for (const close of closers) await close()
  })

  test('slots that move are followed, and a master that is killed is replaced, without a restart', async (t) => {
    await drill(t, {
      world,
      async happens() {
        await Promise.all(world.gateways.map(hasRedis))
        const moved = await moveSlots(nodeAt(1), nodeAt(2))
        return `${moved}; ${await kill(nodeAt(0), nodeAt(3))}`
      },
    })
  })

  test('the documented rights are all that is used, and what is kept is sealed under keys of ours', () => {
    for (const server of redis.nodes.slice(1)) assert.deepEqual(refusalsOf(server), [])
    for (const server of redis.nodes.slice(1)) assert.deepEqual(oddKeysOf(server), [])
  })

  async function moveSlots(from: RedisServer, to: RedisServer): Promise<string> {
    const slots = await until('it holds something', 10_000, () => slotsInUse(from))
    const ids = { from: nodeId(from), to: nodeId(to) }
    to.run(['config', 'resetstat'])
    for (const slot of slots) moveSlot(slot, { from, to, ids })
    await until('the new node is asked', 10_000, () => commandsOf(to, ASKING) > 0)
    await Promise.all(world.gateways.map(hasRedis))
    return `${slots.length} slots moved`
  }

  async function kill(node: RedisServer, replica: RedisServer): Promise<string> {
    await node.kill()
    const killedAt = performance.now()
    const since = (): string => `${Math.round(performance.now() - killedAt)} ms`
    await until('the replica takes over', 40_000, () => replica.run(['role']).startsWith('master'))
    const tookOver = since()
    replica.run(['config', 'resetstat'])
    await until('it is asked', 10_000, () => commandsOf(replica, ASKING) > 0)
    await Promise.all(world.gateways.map(hasRedis))
    return `a master killed, its replica a master after ${tookOver} and in use by all after ${since()}`
  }

  function nodeAt(index: number): RedisServer {
    const node = redis.nodes[index]
    assert.ok(node)
    return node
  }
})

function slotsInUse(node: RedisServer): string[] | null {
  const keys = node.run(['keys', '*']).trim().split('\n').filter(Boolean)
  const slots = new Set(keys.slice(0, AT_MOST).map((key) => node.run(['cluster', 'keyslot', key]).trim()))
  return slots.size === 0 ? null : [...slots]
}

interface Move {
  readonly from: RedisServer
  readonly to: RedisServer
  readonly ids: { readonly from: string; readonly to: string }
}

/** As operators do: announce it on both sides, move what it holds, then tell who has it. */
function moveSlot(slot: string, { from, to, ids }: Move): void {
  to.run(['cluster', 'setslot', slot, 'importing', ids.from])
  from.run(['cluster', 'setslot', slot, 'migrating', ids.to])
  const keys = from.run(['cluster', 'getkeysinslot', slot, '1000']).trim().split('\n').filter(Boolean)
  if (keys.length > 0) from.run(['migrate', '127.0.0.1', String(to.port), '', '0', '1000', 'keys', ...keys])
  for (const node of [to, from]) node.run(['cluster', 'setslot', slot, 'node', ids.to])
}
