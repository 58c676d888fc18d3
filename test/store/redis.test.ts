import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisAddress } from '../../src/config/redis-address.ts'
import { KeyValueError } from '../../src/store/key-value.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { openRedis } from '../../src/store/redis.ts'
import type { Cleanup } from '../support/directories.ts'
import { readAddress, startRedis } from '../support/redis.ts'
import { startRedisCluster, startRedisSentinel } from '../support/redis-topologies.ts'
import { until } from '../support/until.ts'
import { keyValueContract } from './key-value.contract.ts'

const LIFE_MS = 60_000
/** The time limit of 100 ms, and what a busy machine adds to it. */
const BOUND_MS = 400
const VALUE = Buffer.from('value')

// All opened before the first test is made: the runner may take a file that waits between two tests for finished.
const [shared, cluster, watched] = await Promise.all([
  startRedis({ after }, { password: 'opensesame' }),
  startRedisCluster({ after }),
  startRedisSentinel({ after }),
])
const drivers = await Promise.all(
  Object.entries({ 'one server': shared, 'a cluster': cluster, sentinels: watched }).map(
    async ([name, { address }]) => ({ name, address, opened: await openReady({ after }, address) }),
  ),
)
for (const { name, address, opened } of drivers)
  keyValueContract(name, opened.keyValue, async (t) => (await openReady(t, address)).keyValue)

test('a server that is killed costs nobody any time, and is found when it is back', async (t) => {
  const server = await startRedis(t)
  const { keyValue, troubles } = await openReady(t, server.address)
  await server.kill()
  const began = performance.now()
  for (let calls = 0; calls < 20; calls++) await isRefusedInTime(keyValue)
  assert.ok(performance.now() - began < BOUND_MS)
  assert.ok(keyValue.trouble)
  await until('the trouble is told', 2_000, () => troubles.length > 0)
  await delay(1_000)
  await server.start()
  await isBack(keyValue)
  assert.equal(keyValue.trouble, null)
  assert.deepEqual([troubles.length, troubles[1]], [2, null])
})

test('of a server that hangs only the first callers wait, 100 ms at most, and nothing is sent late', async (t) => {
  const server = await startRedis(t)
  const { keyValue } = await openReady(t, server.address)
  server.signal('SIGSTOP')
  await Promise.all(Array.from({ length: 10 }, () => isRefusedInTime(keyValue)))
  const began = performance.now()
  for (let calls = 0; calls < 100; calls++) await assert.rejects(keyValue.set('late', VALUE, LIFE_MS), KeyValueError)
  assert.ok(performance.now() - began < BOUND_MS)
  server.signal('SIGCONT')
  await isBack(keyValue)
  assert.equal(await keyValue.get('late', 100), null)
})

test('a server that hangs is found again after its connection was given up', async (t) => {
  const server = await startRedis(t)
  const { keyValue } = await openReady(t, server.address)
  server.signal('SIGSTOP')
  await isRefusedInTime(keyValue)
  await delay(1_500)
  await isRefusedInTime(keyValue)
  server.signal('SIGCONT')
  await isBack(keyValue)
})

test('a connection on which nothing comes any more is left for a new one', async (t) => {
  const server = await startRedis(t)
  const relay = await startRelay(t, server.port)
  const { keyValue } = await openReady(t, readAddress(`redis://127.0.0.1:${relay.port}`))
  relay.silence()
  await isRefusedInTime(keyValue)
  await isBack(keyValue)
})

test('a connection that the server cuts is made again', async (t) => {
  const server = await startRedis(t)
  const { keyValue } = await openReady(t, server.address)
  for (let cuts = 0; cuts < 3; cuts++) {
    assert.equal(server.run(['client', 'kill', 'type', 'normal', 'skipme', 'yes']).trim(), '1')
    await isBack(keyValue)
  }
})

test('a wrong password is told once, without it, and costs nobody any time', async (t) => {
  const { keyValue, troubles } = openQuietly(t, readAddress(`redis://:wrong-password@127.0.0.1:${shared.port}`))
  await until('the trouble is told', 5_000, () => troubles.length > 0)
  const error: unknown = await keyValue.set('key', VALUE, LIFE_MS).catch((reason: unknown) => reason)
  assert.ok(error instanceof KeyValueError)
  assert.match(`${troubles.join()}${keyValue.trouble}`, /WRONGPASS/)
  assert.doesNotMatch(`${troubles.join()}${keyValue.trouble}${JSON.stringify(error)}${error.stack}`, /wrong-password/)
  await delay(1_000)
  assert.equal(troubles.length, 1)
})

test('a password that the server has no use for lets in', async (t) => {
  const server = await startRedis(t)
  const { keyValue } = await openReady(t, readAddress(`redis://:unneeded@127.0.0.1:${server.port}/3`))
  await keyValue.set('key', VALUE, LIFE_MS)
  assert.equal(server.run(['-n', '3', 'exists', 'key']).trim(), '1')
})

test('a replica is read though it refuses to be written, and that is told once', async (t) => {
  const { keyValue, troubles } = await openReady(t, watched.replica.address)
  const key = randomUUID()
  watched.master.run(['set', key, 'value'])
  for (let calls = 0; calls < 20; calls++) {
    await assert.rejects(keyValue.set(key, VALUE, LIFE_MS), /READONLY/)
    assert.equal(String(await keyValue.get(key, 100)), 'value')
  }
  assert.match(String(keyValue.trouble), /READONLY/)
  assert.equal(troubles.length, 1)
})

test('a server without memory is read though it keeps nothing new, until it has some again', async (t) => {
  const server = await startRedis(t, { args: ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'] })
  const { keyValue, troubles } = await openReady(t, server.address)
  await keyValue.set('key', VALUE, LIFE_MS)
  server.run(['config', 'set', 'maxmemory', '1'])
  await assert.rejects(keyValue.set('other', VALUE, LIFE_MS), /OOM/)
  assert.deepEqual(await keyValue.get('key', 100), VALUE)
  assert.match(String(keyValue.trouble), /OOM/)
  server.run(['config', 'set', 'maxmemory', '0'])
  await keyValue.set('other', VALUE, LIFE_MS)
  assert.equal(keyValue.trouble, null)
  assert.deepEqual([troubles.length, troubles[1]], [2, null])
})

test('a value of 10 MB crosses no network, and what is no plain value is none', async (t) => {
  const server = await startRedis(t)
  const { keyValue } = await openReady(t, server.address)
  server.run(['set', 'huge'], Buffer.alloc(10_000_000, 'x'))
  server.run(['lpush', 'list', 'item'])
  const before = sentBytes(server.run(['info', 'stats']))
  assert.equal(await keyValue.get('huge', 16_384), null)
  assert.ok(sentBytes(server.run(['info', 'stats'])) - before < 40_000)
  assert.equal(await keyValue.get('list', 16_384), null)
  assert.equal(keyValue.trouble, null)
})

test('nothing that listens leaves the program as it is, and is found once it does', async (t) => {
  const server = await startRedis(t)
  await server.kill()
  const { keyValue } = openQuietly(t, server.address)
  assert.ok(keyValue.trouble)
  await isRefusedInTime(keyValue)
  await server.start()
  await isBack(keyValue)
})

test('nobody waits for a connection that is not there yet', async (t) => {
  const server = await startRedis(t)
  server.signal('SIGSTOP')
  const { keyValue } = openQuietly(t, server.address)
  const began = performance.now()
  for (let calls = 0; calls < 4; calls++) await isRefusedInTime(keyValue)
  assert.ok(performance.now() - began < 200)
})

test('closing does not wait for a server that hangs', async (t) => {
  const server = await startRedis(t)
  const { keyValue } = await openReady(t, server.address)
  server.signal('SIGSTOP')
  const underWay = isRefusedInTime(keyValue)
  const began = performance.now()
  await keyValue.close()
  await underWay
  assert.ok(performance.now() - began < BOUND_MS)
})

test('a node of a cluster that hangs or is gone delays nobody beyond the limit, and the others go on', async (t) => {
  const { address, nodes } = await startRedisCluster(t)
  const { keyValue } = await openReady(t, address)
  const keys = Array.from({ length: 60 }, () => randomUUID())
  const ask = (key: string): Promise<boolean> => keyValue.set(key, VALUE, LIFE_MS).then(isTrue, isFalse)
  const countKept = async (): Promise<number> => (await Promise.all(keys.map(ask))).filter(Boolean).length
  await until('all are kept', 5_000, async () => (await countKept()) === keys.length)
  for (const fault of [async () => nodes[0]?.signal('SIGSTOP'), async () => nodes[0]?.kill()]) {
    await fault()
    const began = performance.now()
    assert.ok((await countKept()) < keys.length)
    assert.ok(performance.now() - began < BOUND_MS)
    await until('the others go on', 5_000, async () => (await countKept()) > 0)
  }
})

test('a master that has become a replica is left for the new one', async (t) => {
  const { address, sentinel } = await startRedisSentinel(t)
  const { keyValue } = await openReady(t, address)
  sentinel.run(['sentinel', 'failover', 'main'])
  await delay(1_000)
  await until('the new master is written', 20_000, () => keyValue.set('key', VALUE, LIFE_MS).then(isTrue, isFalse))
})

test('sentinels that are not there yet are found once they are', async (t) => {
  const { address, sentinel } = await startRedisSentinel(t)
  await sentinel.kill()
  const { keyValue } = openQuietly(t, address)
  await isRefusedInTime(keyValue)
  await sentinel.start()
  await isBack(keyValue)
})

function openQuietly(t: Cleanup, address: RedisAddress): { keyValue: KeyValue; troubles: (string | null)[] } {
  const troubles: (string | null)[] = []
  const onTrouble = (trouble: string | null): void => void troubles.push(trouble)
  const keyValue = openRedis({ address, sentinelPassword: null, onTrouble, now: () => performance.now() })
  t.after(() => keyValue.close())
  return { keyValue, troubles }
}

async function openReady(t: Cleanup, address: RedisAddress): Promise<ReturnType<typeof openQuietly>> {
  const opened = openQuietly(t, address)
  await isBack(opened.keyValue)
  // Of many keys, so that every node of a cluster is connected.
  const keys = Array.from({ length: 30 }, () => randomUUID())
  const answers = (key: string): Promise<boolean> => opened.keyValue.get(key, 1).then(isTrue, isFalse)
  await until('it answers', 5_000, async () => (await Promise.all(keys.map(answers))).every(Boolean))
  opened.troubles.length = 0
  return opened
}

async function isBack(keyValue: KeyValue): Promise<void> {
  await until('it answers', 5_000, () => keyValue.get('key', 1).then(isTrue, isFalse))
}

async function isRefusedInTime(keyValue: KeyValue): Promise<void> {
  const began = performance.now()
  await assert.rejects(keyValue.get('key', 100), KeyValueError)
  assert.ok(performance.now() - began < BOUND_MS)
}

/** Passes connections on; those that are open when it is told to be silent stay so, without a byte more. */
async function startRelay(t: Cleanup, to: number): Promise<{ port: number; silence: () => void }> {
  const open = new Set<Socket>()
  const relay = createServer((from) => {
    const onward = createConnection(to, '127.0.0.1')
    for (const socket of [from, onward]) open.add(socket.on('error', () => socket.destroy()))
    from.pipe(onward).pipe(from)
  })
  t.after(async () => {
    relay.close()
    for (const socket of open) socket.destroy()
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const silence = (): void => open.forEach((socket) => void socket.unpipe().pause())
  return { port: (relay.address() as AddressInfo).port, silence }
}

function sentBytes(info: string): number {
  return Number(/total_net_output_bytes:(\d+)/.exec(info)?.[1])
}

function isTrue(): boolean {
  return true
}

function isFalse(): boolean {
  return false
}
