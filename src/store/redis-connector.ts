import { connect as connectPlain } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AbstractConnector, SentinelConnector } from 'ioredis'
import type { RedisOptions, SentinelConnectionOptions } from 'ioredis'

/** For who doesn't end his side. */
const DISCONNECT_MS = 2_000

/**
 * Connects as the client's own does, which listens for one error of a connection: TLS may tell of two, and one that nobody
 * hears ends the process.
 */
export class OneServerConnector extends AbstractConnector {
  readonly #options: RedisOptions

  /** @param options those of the client, whose types tell nothing of them */
  constructor(options: unknown) {
    super(DISCONNECT_MS)
    this.#options = options as RedisOptions
  }

  async connect(): Promise<Socket> {
    this.connecting = true
    await Promise.resolve()
    if (!this.connecting) throw new Error('Connection is closed.')
    const { host = 'localhost', port = 6_379, family, tls } = this.#options
    const to = { host, port, ...(family !== undefined && { family }) }
    const stream = tls === undefined ? connectPlain(to) : connectTls({ ...to, ...tls })
    this.stream = stream
    stream.on('error', (error: Error) => void (this.firstError ??= error))
    return stream
  }
}

/** The same for the master that sentinels tell of. */
export class MasterConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions)
  }

  override async connect(...given: Parameters<SentinelConnector['connect']>): Promise<Socket> {
    const stream = await super.connect(...given)
    stream.on('error', () => undefined)
    return stream
  }
}
