import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RedisAddress } from '../../src/config/redis-address.ts'
import { redisAddress } from '../../src/config/redis-address.ts'
import { Mistake } from '../../src/config/values.ts'
import type { Cleanup } from './directories.ts'
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

/** What stands still must not make a test wait for ever. */
const ANSWER_MS = 5_000

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
    const how = { input: input ?? '', encoding: 'utf8', stdio: 'pipe', timeout: ANSWER_MS } as const
    return execFileSync('redis-cli', all, { env, ...how })
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
