import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { RedisAddress } from '../config/redis-address.ts'
import { MasterConnector, OneServerConnector } from './redis-connector.ts'

/** Where a command goes: `host:port` of a node of a cluster, or `''` where that isn't known or there is but one. */
export type Place = string

/** Sends commands: whether one should be is for its user to say. */
export interface RedisClient {
  placeOf(key: string): Place
  /** Those that hold keys at present; empty while that isn't known. */
  places(): readonly Place[]
  getRange(key: string, last: number): Promise<Buffer>
  set(key: string, value: Buffer, lifeMs: number): Promise<unknown>
  delete(key: string): Promise<unknown>
  run(script: string, keys: readonly string[], given: readonly (string | number)[]): Promise<unknown>
  ping(place: Place): Promise<unknown>
  /** Has a cluster tell which node holds what, since one that is gone doesn't; may be called often. */
  lookAround(): void
  close(): void
}

/** What no command tells. */
export interface ClientEvents {
  /** A connection can't be had, or was lost. */
  readonly onFailure: (place: Place, error: Error) => void
  readonly onReady: () => void
}

/** PEM of what `rediss://` goes by, null for what Node has. */
export interface RedisTls {
  /** Whom to believe, in place of the authorities that Node knows. */
  readonly ca: string | null
  /** What we show, and its key. */
  readonly certificate: string | null
  readonly key: string | null
}

export interface ConnectOptions {
  readonly address: RedisAddress
  /** For sentinels, which don't share the password of the servers that they watch. */
  readonly sentinelPassword: string | null
  /** Without it by what Node has. */
  readonly tls?: RedisTls
  /** ms that a command may take. */
  readonly answersWithinMs: number
  /** ms, monotonic. */
  readonly now: () => number
}

/** What all connections have in common. */
export type Session = typeof HARDENED & Pick<RedisOptions, 'username' | 'password' | 'tls' | 'commandTimeout'>

/** A connection on which nothing came for so long, though something should have, is given up. */
const SILENT_MS = 1_000
export const CONNECT_MS = 500
const LAST_RETRY_MS = 500
/** A master that has become a replica says so on every write; more often than this we don't ask who it is now. */
const RESOLVE_MS = 1_000

/** The client's own defaults wait for ever when Redis hangs, and send what was given up once it comes back. */
const HARDENED = {
  socketTimeout: SILENT_MS,
  connectTimeout: CONNECT_MS,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // As fast as 3 for plain values, and one thing less that an older server could refuse.
  protocol: 2,
  connectionName: 'postern',
  disableClientInfo: true,
} as const satisfies RedisOptions

/** Connects to one server, or to the one that sentinels call the master. */
export function connectToServer(options: ConnectOptions, { onFailure, onReady }: ClientEvents): RedisClient {
  const redis = new Redis(serverOptions(options))
  redis.on('error', (error: Error) => onFailure('', error))
  redis.on('ready', onReady)
  return {
    placeOf: () => '',
    places: () => [''],
    getRange: (key, last) => redis.getrangeBuffer(key, 0, last),
    set: (key, value, lifeMs) => redis.set(key, value, 'PX', lifeMs),
    delete: (key) => redis.del(key),
    run: (script, keys, given) => redis.eval(script, keys.length, ...keys, ...given),
    ping: () => redis.ping(),
    lookAround: () => undefined,
    close: () => redis.disconnect(),
  }
}

/** How to be let in, and never to wait for long. */
export function sessionOf({ address, tls, answersWithinMs }: ConnectOptions): Session {
  const { username, password } = address
  return {
    ...HARDENED,
    commandTimeout: answersWithinMs,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(address.tls && { tls: tlsOptions(tls) }),
  }
}

/** How long to wait before the so-manieth try. */
export function retryDelay(times: number): number {
  return Math.min(25 * 2 ** Math.min(times, 10), LAST_RETRY_MS)
}

function serverOptions(options: ConnectOptions): Omit<RedisOptions, 'replyMapping'> {
  const { address, sentinelPassword, now } = options
  const { kind, hosts, database, masterName } = address
  const session = sessionOf(options)
  const retrying = { ...session, db: database, enableOfflineQueue: false, retryStrategy: retryDelay }
  if (kind === 'server') return { ...retrying, ...hosts[0], Connector: OneServerConnector }
  return {
    ...retrying,
    Connector: MasterConnector,
    sentinels: [...hosts],
    name: masterName,
    ...(sentinelPassword !== null && { sentinelPassword }),
    ...(session.tls !== undefined && { sentinelTLS: session.tls, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: CONNECT_MS,
    reconnectOnError: atMostEvery(RESOLVE_MS, now, ({ message }) => message.startsWith('READONLY')),
  }
}

/** Certificates are always verified, with the name or address that was connected to, whatever Node is told elsewhere. */
function tlsOptions(tls: RedisTls | undefined): NonNullable<RedisOptions['tls']> {
  const { ca, certificate, key } = tls ?? { ca: null, certificate: null, key: null }
  return {
    rejectUnauthorized: true,
    ...(ca !== null && { ca }),
    ...(certificate !== null && { cert: certificate }),
    ...(key !== null && { key }),
  }
}

function atMostEvery(ms: number, now: () => number, isDue: (error: Error) => boolean): (error: Error) => boolean {
  let last = -Infinity
  return (error) => {
    if (!isDue(error) || now() - last < ms) return false
    last = now()
    return true
  }
}
