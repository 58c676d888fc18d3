import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { RedisAddress, RedisHost } from '../config/redis-address.ts'
import { createBreaker } from '../lib/breaker.ts'
import type { Breaker } from '../lib/breaker.ts'
import { KeyValueError } from './key-value.ts'
import type { KeyValue } from './key-value.ts'

export interface OpenRedisOptions {
  readonly address: RedisAddress
  /** For sentinels, which don't share the password of the servers that they watch. */
  readonly sentinelPassword: string | null
  /** Told when trouble begins, and with null when it is over; free of secrets. */
  readonly onTrouble: (trouble: string | null) => void
  /** ms that a command may take, 100 unless given. */
  readonly answersWithinMs?: number
  /** ms, monotonic. */
  readonly now: () => number
}

type Client = Redis | Cluster

const COMMAND_MS = 100
/** A connection on which nothing came for so long, though something should have, is given up. */
const SILENT_MS = 1_000
const CONNECT_MS = 500
const LAST_RETRY_MS = 500
const BREAKER = { failures: 5, probeMs: 250 }
/** What comes and goes, such as a node that fails among others that don't, is told no more often. */
const TELL_MS = 10_000
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

/** Redis or Valkey; connects by itself and again after every loss. */
export function openRedis(options: OpenRedisOptions): KeyValue {
  const breaker = createBreaker(BREAKER, options.now)
  const status = createStatus(breaker, options)
  const client = connect(options)
  // What stands in an error beside its message are the command's arguments, such as a password.
  client.on('error', (error: Error) => status.failed(error.message))
  client.on('ready', () => status.answered())

  const send = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      const result = await command()
      status.answered()
      return result
    } catch (error) {
      throw status.toError(error)
    }
  }
  // Nobody waits for the question whether it is back.
  const ask = async <T>(command: () => Promise<T>): Promise<T> => {
    if (!breaker.isOpen) return send(command)
    if (breaker.mayAsk()) void send(() => client.ping()).catch(() => undefined)
    throw new KeyValueError(status.trouble ?? 'Redis did not answer the last times')
  }
  return {
    async get(key, maxBytes) {
      // A range, so that a value which is far too large never crosses the network.
      const value = await ask(() => client.getrangeBuffer(key, 0, maxBytes).catch(nullForOtherKinds))
      return value === null || value.length === 0 || value.length > maxBytes ? null : value
    },
    async set(key, value, lifeMs) {
      await ask(() => client.set(key, value, 'PX', lifeMs))
      status.wrote()
    },
    delete: async (key) => void (await ask(() => client.del(key))),
    async run(script, keys, given) {
      const answer = await ask(() => client.eval(script, keys.length, ...keys, ...given))
      status.wrote()
      return answer
    },
    // Sent though the breaker be open: who asks wants to know.
    ping: async () => void (await send(() => client.ping())),
    get trouble() {
      return status.trouble
    },
    close: async () => client.disconnect(),
  }
}

function connect({ address, sentinelPassword, answersWithinMs = COMMAND_MS, now }: OpenRedisOptions): Client {
  const { kind, hosts, tls, username, password, database, masterName } = address
  const session = {
    ...HARDENED,
    commandTimeout: answersWithinMs,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(tls && { tls: {} }),
  }
  if (kind === 'cluster') return openCluster(hosts, session)
  const retrying = { ...session, db: database, enableOfflineQueue: false, retryStrategy: retryDelay }
  if (kind === 'server') return new Redis({ ...retrying, ...hosts[0] })
  return new Redis({
    ...retrying,
    sentinels: [...hosts],
    name: masterName,
    ...(sentinelPassword !== null && { sentinelPassword }),
    ...(tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: CONNECT_MS,
    reconnectOnError: atMostEvery(RESOLVE_MS, now, ({ message }) => message.startsWith('READONLY')),
  })
}

/** Redirections are followed, but no command is held back for a node or a cluster that is down. */
function openCluster(
  hosts: readonly RedisHost[],
  session: typeof HARDENED & { readonly commandTimeout: number; readonly tls?: object },
): Cluster {
  return new Cluster([...hosts], {
    redisOptions: session,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    maxRedirections: 4,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: CONNECT_MS,
    // Certificates name hosts, so the names that the cluster tells must not be turned into addresses.
    ...(session.tls !== undefined && { dnsLookup: (host, found) => found(null, host) }),
  })
}

function retryDelay(times: number): number {
  return Math.min(25 * 2 ** Math.min(times, 10), LAST_RETRY_MS)
}

function atMostEvery(ms: number, now: () => number, isDue: (error: Error) => boolean): (error: Error) => boolean {
  let last = -Infinity
  return (error) => {
    if (!isDue(error) || now() - last < ms) return false
    last = now()
    return true
  }
}

function nullForOtherKinds(error: unknown): null {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null
  throw error
}

interface Status {
  readonly trouble: string | null
  /** The connection can't be had or was lost. */
  failed(reason: string): void
  answered(): void
  wrote(): void
  /** Counts what a command ended with. */
  toError(error: unknown): KeyValueError
}

/** What answers with a refusal is not away: reads may work where writes don't, as on a replica or a full server. */
function createStatus(breaker: Breaker, { onTrouble, now }: Pick<OpenRedisOptions, 'onTrouble' | 'now'>): Status {
  let away: string | null = 'Redis has not answered yet'
  let refusal: string | null = null
  let toldKind: string | null = null
  let toldAt = -Infinity
  const tell = (kind: string | null, trouble: string | null): void => {
    if (kind === toldKind || (kind !== null && now() - toldAt < TELL_MS)) return
    if (kind !== null) toldAt = now()
    toldKind = kind
    onTrouble(trouble)
  }
  const failed = (reason: string): void => {
    away = reason
    breaker.failed()
    if (breaker.isOpen) tell('away', reason)
  }
  return {
    get trouble() {
      return away ?? refusal
    },
    failed,
    answered() {
      away = null
      breaker.succeeded()
      tell(refusal, refusal)
    },
    wrote() {
      refusal = null
      if (away === null) tell(null, null)
    },
    toError(error) {
      const said = error instanceof Error ? error.message : 'unknown'
      // What the client says while it has no connection; why it has none was said before.
      const reason = said.startsWith("Stream isn't writeable") ? (away ?? 'the connection was lost') : said
      if (error instanceof Error && error.name === 'ReplyError') {
        refusal = reason
        tell(reason, reason)
      } else failed(reason)
      return new KeyValueError(reason)
    },
  }
}
