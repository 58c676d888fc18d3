import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { freePort } from '../support/ports.ts'
import { laneSetting } from '../support/postern-process.ts'
import type { Relay } from '../support/relay.ts'
import { until } from '../support/until.ts'

/** Settings and other variables by their names. */
export type Environment = Readonly<Record<string, string>>

/** One `postern serve`, which may die and be started again at the same addresses, and its links to the stores. */
export interface Gateway {
  /** From 0 on. */
  readonly index: number
  readonly postgres: Relay
  readonly redis: Relay
  readonly portal: string
  readonly verify: string
  readonly ops: string
  /** Keeps connections to it alive. */
  readonly agent: Agent
  /** How often it was started. */
  readonly life: number
  /**
   * Starts it and waits until it serves. What ends at once, as without a database, is started again.
   * @throws Error with its log when it ends at its very first start
   */
  start(): Promise<void>
  /** Lets it finish what is under way. */
  stop(): Promise<void>
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Its log of all lives. */
  logs(): string
}

export interface GatewayOptions {
  readonly index: number
  readonly postgres: Relay
  readonly redis: Relay
  readonly environment: Environment
}

const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
const START_MS = 60_000
const RETRY_MS = 200
const READY_MS = 2_000
/** What waits for a process that is stopped must outlast the stop. */
const PATIENCE_MS = 30_000
const CONNECTIONS = 32

/** Chooses addresses; starts nothing. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const [portal, verify, ops] = await Promise.all([freePort(), freePort(), freePort()])
  return new GatewayProcess(options, { portal, verify, ops })
}

class GatewayProcess implements Gateway {
  readonly index: number
  readonly postgres: Relay
  readonly redis: Relay
  readonly portal: string
  readonly verify: string
  readonly ops: string
  readonly agent = new Agent({
    connections: CONNECTIONS,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
    keepAliveTimeout: 20_000,
  })
  life = 0
  readonly #environment: Environment
  #child: ChildProcess | null = null
  #starting: Promise<void> | null = null
  #logs = ''

  constructor(options: GatewayOptions, ports: Readonly<Record<'portal' | 'verify' | 'ops', number>>) {
    this.index = options.index
    this.postgres = options.postgres
    this.redis = options.redis
    this.portal = `http://127.0.0.1:${ports.portal}`
    this.verify = `http://127.0.0.1:${ports.verify}`
    this.ops = `http://127.0.0.1:${ports.ops}`
    this.#environment = {
      ...laneSetting(),
      ...options.environment,
      POSTERN_LISTEN: `127.0.0.1:${ports.portal}`,
      POSTERN_VERIFY_LISTEN: `127.0.0.1:${ports.verify}`,
      POSTERN_OPS_LISTEN: `127.0.0.1:${ports.ops}`,
    }
  }

  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = null))
    return this.#starting
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  logs(): string {
    return this.#logs
  }

  async #start(): Promise<void> {
    this.life++
    await until(`process ${this.index} serves`, START_MS, async () => {
      if (hasEnded(this.#child)) {
        if (this.life === 1 && this.#child !== null) throw new Error(`a process ended: ${this.#logs}`)
        await this.#spawn()
      }
      return this.#isReady()
    })
  }

  async #spawn(): Promise<void> {
    if (this.#child !== null) await delay(RETRY_MS)
    const child = spawn('setpriv', ['--pdeathsig=KILL', LAUNCHER, 'serve'], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => void (this.#logs += chunk.toString()))
    }
    this.#child = child
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === null || hasEnded(child)) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  async #isReady(): Promise<boolean> {
    try {
      const answer = await request(`${this.ops}/health`, { dispatcher: this.agent, headersTimeout: READY_MS })
      await answer.body.dump()
      return answer.statusCode === 200
    } catch {
      return false
    }
  }
}

function hasEnded(child: ChildProcess | null): boolean {
  return child === null || child.exitCode !== null || child.signalCode !== null
}
