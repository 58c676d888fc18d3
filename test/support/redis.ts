import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RedisAddress } from '../../src/config/redis-address.ts'
import { redisAddress } from '../../src/config/redis-address.ts'
import { Mistake } from '../../src/config/values.ts'
import type { Cleanup } from './database.ts'
import { freePort } from './ports.ts'
import { temporaryRoot } from './postgres.ts'
import { until } from './until.ts'

/** A Redis of its own in a temporary folder, on a free port of this machine. */
export interface RedisServer {
  readonly port: number
  readonly address: RedisAddress
  /** What `redis-cli` prints for one command; the input, if any, is the last argument. */
  run(args: readonly string[], input?: Buffer): string
  signal(signal: NodeJS.Signals): void
  /** Kills it with what it holds. */
  kill(): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
}

export interface RedisServerOptions {
  /** Arguments of `redis-server`, such as `--maxmemory 2mb`. */
  readonly args?: readonly string[]
  readonly password?: string
  /** A sentinel with these lines of configuration. */
  readonly sentinel?: readonly string[]
}

/** Starts a server, which ends after the test and dies with this process. */
export async function startRedis(t: Cleanup, options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(temporaryRoot(), `postern-test-${process.pid}-`))
  const server = new Server(folder, await freePort(), options)
  t.after(async () => {
    await server.kill()
    rmSync(folder, { recursive: true })
  })
  await server.start()
  return server
}

/** Three masters that share the slots. */
export async function startRedisCluster(t: Cleanup): Promise<{ address: RedisAddress; nodes: RedisServer[] }> {
  const nodes = await Promise.all([1, 2, 3].map(() => startNode(t)))
  const [first] = nodes
  for (const [index, node] of nodes.entries()) {
    node.run(['cluster', 'set-config-epoch', String(index + 1)])
    node.run(['cluster', 'addslotsrange', String(index * 5461), String(index === 2 ? 16_383 : index * 5461 + 5460)])
    first?.run([
      'cluster',
      'meet',
      '127.0.0.1',
      String(node.port),
      node.run(['config', 'get', 'cluster-port']).split('\n')[1] ?? '',
    ])
  }
  await until('the cluster is whole', 10_000, () => nodes.every((node) => isWhole(node.run(['cluster', 'info']))))
  return { address: readAddress(`redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`), nodes }
}

/** A master, its replica, and a sentinel that lets the replica take over a second after the master is gone. */
export async function startRedisSentinel(
  t: Cleanup,
): Promise<{ address: RedisAddress; master: RedisServer; replica: RedisServer; sentinel: RedisServer }> {
  const master = await startRedis(t)
  const replica = await startRedis(t, { args: ['--replicaof', '127.0.0.1', String(master.port)] })
  await until('the replica follows', 10_000, () => replica.run(['role']).includes('connected'))
  const sentinel = await startRedis(t, {
    sentinel: [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 2000',
    ],
  })
  await until('the sentinel knows the replica', 15_000, () =>
    sentinel.run(['sentinel', 'replicas', 'main']).includes(String(replica.port)),
  )
  return { address: readAddress(`redis+sentinel://127.0.0.1:${sentinel.port}/main`), master, replica, sentinel }
}

/** The address as the settings read it. */
export function readAddress(url: string): RedisAddress {
  const address = redisAddress(url)
  if (address instanceof Mistake) throw new Error(address.sentence)
  return address
}

class Server implements RedisServer {
  readonly port: number
  readonly address: RedisAddress
  readonly #folder: string
  readonly #options: RedisServerOptions
  #child: ChildProcess | null = null

  constructor(folder: string, port: number, options: RedisServerOptions) {
    this.port = port
    this.#folder = folder
    this.#options = options
    const user = options.password === undefined ? '' : `:${options.password}@`
    this.address = readAddress(`redis://${user}127.0.0.1:${port}`)
  }

  run(args: readonly string[], input?: Buffer): string {
    const { password } = this.#options
    const env = { ...process.env, ...(password !== undefined && { REDISCLI_AUTH: password }) }
    const fromInput = input === undefined ? [] : ['-x']
    const all = ['-p', String(this.port), ...fromInput, ...args]
    return execFileSync('redis-cli', all, { env, input: input ?? '', encoding: 'utf8', stdio: 'pipe' })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async start(): Promise<void> {
    const { args = [], password, sentinel } = this.#options
    const auth = password === undefined ? [] : ['--requirepass', password]
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder]
    const memory = ['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0', ...auth, ...args]
    const all = sentinel === undefined ? [...place, ...memory] : [this.#writeConfig(sentinel), '--sentinel', ...place]
    this.#child = spawn('setpriv', ['--pdeathsig=KILL', 'redis-server', ...all], { stdio: 'ignore' })
    await until('Redis answers', 10_000, () => this.#answers())
  }

  #answers(): boolean {
    if (this.#child?.exitCode !== null) throw new Error(`Redis did not start: exit code ${this.#child?.exitCode}`)
    try {
      return this.run(['ping']).startsWith('PONG')
    } catch {
      return false
    }
  }

  #writeConfig(lines: readonly string[]): string {
    const file = join(this.#folder, 'sentinel.conf')
    writeFileSync(file, `${lines.join('\n')}\n`)
    return file
  }
}

async function startNode(t: Cleanup): Promise<RedisServer> {
  // The bus would be 10,000 above, where the kernel takes the ports of outgoing connections.
  const bus = String(await freePort())
  return startRedis(t, {
    args: [
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      bus,
      '--cluster-node-timeout',
      '1000',
      '--cluster-require-full-coverage',
      'no',
    ],
  })
}

function isWhole(info: string): boolean {
  return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
}
