import type { RedisAddress } from '../../src/config/redis-address.ts'
import type { Cleanup } from './directories.ts'
import { freePort } from './ports.ts'
import { readAddress, startRedis } from './redis.ts'
import type { RedisServer, RedisServerOptions } from './redis.ts'
import { until } from './until.ts'

export interface SentinelSet {
  readonly address: RedisAddress
  readonly url: string
  readonly master: RedisServer
  /** The first of them. */
  readonly replica: RedisServer
  readonly replicas: readonly RedisServer[]
  readonly sentinel: RedisServer
  /** The server that sentinels call the master now. */
  current(): RedisServer
}

export interface SentinelOptions {
  readonly replicas?: number
  readonly sentinels?: number
  readonly downAfterMs?: number
  /** Of all servers but sentinels. */
  readonly server?: RedisServerOptions
  /** `user:password@` in the URL. */
  readonly user?: string
}

/** A master with replicas, and sentinels of which more than half let a replica take over once the master is gone. */
export async function startRedisSentinel(t: Cleanup, options: SentinelOptions = {}): Promise<SentinelSet> {
  const {
    replicas: replicaCount = 1,
    sentinels: sentinelCount = 1,
    downAfterMs = 500,
    server = {},
    user = '',
  } = options
  const master = await startRedis(t, server)
  const following = { ...server, args: [...(server.args ?? []), '--replicaof', '127.0.0.1', String(master.port)] }
  const replicas = await Promise.all(counted(replicaCount, () => startRedis(t, following)))
  await until('the replicas follow', 10_000, () => master.run(['role']).match(/\n127/g)?.length === replicaCount)
  const sentinel = [
    `sentinel monitor main 127.0.0.1 ${master.port} ${Math.floor(sentinelCount / 2) + 1}`,
    `sentinel down-after-milliseconds main ${downAfterMs}`,
    'sentinel failover-timeout main 2000',
  ]
  const sentinels = await Promise.all(counted(sentinelCount, () => startRedis(t, { sentinel })))
  await until('the sentinels know all', 15_000, () => sentinels.every((each) => knowsAll(each, options)))
  const url = `redis+sentinel://${user}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/main`
  return {
    address: readAddress(url),
    url,
    master,
    replica: first(replicas),
    replicas,
    sentinel: first(sentinels),
    current() {
      const [, port] = first(sentinels).run(['sentinel', 'get-master-addr-by-name', 'main']).trim().split('\n')
      return first([master, ...replicas].filter((each) => String(each.port) === port))
    },
  }
}

export interface RedisCluster {
  readonly address: RedisAddress
  readonly url: string
  /** The masters at first, then a replica of each in their order, if any. */
  readonly nodes: readonly RedisServer[]
}

export interface ClusterOptions {
  /** Whether each master has one. */
  readonly replicas?: boolean
  readonly server?: RedisServerOptions
  /** `user:password@` in the URL. */
  readonly user?: string
}

const MASTERS = 3
const SLOTS = 16_384

/** Three masters that share the slots; a node is taken for gone after a second. */
export async function startRedisCluster(t: Cleanup, options: ClusterOptions = {}): Promise<RedisCluster> {
  const { replicas = false, server = {}, user = '' } = options
  const nodes = await Promise.all(counted(replicas ? 2 * MASTERS : MASTERS, () => startNode(t, server)))
  const masters = nodes.slice(0, MASTERS)
  for (const [index, node] of masters.entries()) {
    const from = Math.ceil((SLOTS / MASTERS) * index)
    node.run(['cluster', 'set-config-epoch', String(index + 1)])
    node.run(['cluster', 'addslotsrange', String(from), String(Math.ceil((SLOTS / MASTERS) * (index + 1)) - 1)])
  }
  const known = first(nodes)
  for (const node of nodes) known.run(['cluster', 'meet', '127.0.0.1', String(node.port), busPort(node)])
  await until('the cluster is whole', 15_000, () =>
    nodes.every((node) => isWhole(node.run(['cluster', 'info']), nodes.length)),
  )
  for (const [index, node] of nodes.slice(MASTERS).entries())
    node.run(['cluster', 'replicate', nodeId(masters[index] ?? known)])
  if (replicas)
    await until('the replicas follow', 15_000, () =>
      masters.every((node) => node.run(['info', 'replication']).includes('state=online')),
    )
  const url = `redis+cluster://${user}${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  return { address: readAddress(url), url, nodes }
}

/** By what the nodes of a cluster know each other. */
export function nodeId(node: RedisServer): string {
  return node.run(['cluster', 'myid']).trim()
}

async function startNode(t: Cleanup, server: RedisServerOptions): Promise<RedisServer> {
  // The bus would be 10,000 above, where the kernel takes the ports of outgoing connections.
  const bus = ['--cluster-port', String(await freePort())]
  const coverage = ['--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '1000']
  const args = ['--cluster-enabled', 'yes', ...bus, ...coverage, ...(server.args ?? [])]
  return startRedis(t, { ...server, args })
}

function busPort(node: RedisServer): string {
  return node.run(['config', 'get', 'cluster-port']).split('\n')[1] ?? ''
}

function isWhole(info: string, nodes: number): boolean {
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`)
}

function knowsAll(sentinel: RedisServer, { replicas = 1, sentinels = 1 }: SentinelOptions): boolean {
  const known = sentinel.run(['sentinel', 'master', 'main'])
  return known.includes(`num-slaves\n${replicas}\n`) && known.includes(`num-other-sentinels\n${sentinels - 1}\n`)
}

function counted<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function first<T>(items: readonly T[]): T {
  const [item] = items
  if (item === undefined) throw new Error('there is none')
  return item
}
