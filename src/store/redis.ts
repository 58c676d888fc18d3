import { connectToCluster } from './redis-cluster.ts'
import { connectToServer } from './redis-client.ts'
import type { ClientEvents, ConnectOptions, Place, RedisClient } from './redis-client.ts'
import type { KeyValue } from './key-value.ts'
import { createStatus } from './redis-status.ts'

export interface OpenRedisOptions extends Omit<ConnectOptions, 'answersWithinMs'> {
  /** Told when trouble begins, and with null when it is over; free of secrets. */
  readonly onTrouble: (trouble: string | null) => void
  /** Told of each command that was sent, whether it was answered or not. */
  readonly onCommand?: (command: RedisCommand, ms: number) => void
  /** ms that a command may take, 100 unless given. */
  readonly answersWithinMs?: number
}

export type RedisCommand = 'GETRANGE' | 'SET' | 'DEL' | 'EVAL' | 'PING'

const COMMAND_MS = 100

/** Redis or Valkey; connects by itself and again after every loss. */
export function openRedis(options: OpenRedisOptions): KeyValue {
  const { now, onTrouble, onCommand } = options
  const status = createStatus({ places: () => client.places(), onTrouble, now })
  const client = connect(options, {
    onFailure: (place, error) => status.failed(place, error),
    onReady: () => status.answered(''),
  })
  const send = async <T>(place: Place, name: RedisCommand, command: () => Promise<T>): Promise<T> => {
    const sentAt = now()
    try {
      const result = await command()
      status.answered(place)
      return result
    } catch (error) {
      const reason = status.toError(place, error)
      if (status.breakerOf(place).isOpen) client.lookAround()
      throw reason
    } finally {
      onCommand?.(name, now() - sentAt)
    }
  }
  // Nobody waits for the question whether it is back.
  const ask = async <T>(place: Place, name: RedisCommand, command: () => Promise<T>): Promise<T> => {
    const breaker = status.breakerOf(place)
    if (!breaker.isOpen) return send(place, name, command)
    if (breaker.mayAsk()) void send(place, 'PING', () => client.ping(place)).catch(() => undefined)
    throw status.notAsked(place)
  }
  return {
    async get(key, maxBytes) {
      // A range, so that a value which is far too large never crosses the network.
      const command = (): Promise<Buffer | null> => client.getRange(key, maxBytes).catch(nullForOtherKinds)
      const value = await ask(client.placeOf(key), 'GETRANGE', command)
      return value === null || value.length === 0 || value.length > maxBytes ? null : value
    },
    async set(key, value, lifeMs) {
      const place = client.placeOf(key)
      await ask(place, 'SET', () => client.set(key, value, lifeMs))
      status.wrote(place)
    },
    delete: async (key) => void (await ask(client.placeOf(key), 'DEL', () => client.delete(key))),
    async run(script, keys, given) {
      const place = client.placeOf(keys[0] ?? '')
      const answer = await ask(place, 'EVAL', () => client.run(script, keys, given))
      status.wrote(place)
      return answer
    },
    // Sent though breakers be open: who asks wants to know.
    async ping() {
      const places = client.places()
      const asked = (places.length === 0 ? [''] : places).map((place) => send(place, 'PING', () => client.ping(place)))
      await Promise.allSettled(asked)
      await Promise.all(asked)
    },
    get trouble() {
      return status.trouble
    },
    close: async () => client.close(),
  }
}

function connect(options: OpenRedisOptions, events: ClientEvents): RedisClient {
  const all = { ...options, answersWithinMs: options.answersWithinMs ?? COMMAND_MS }
  return options.address.kind === 'cluster' ? connectToCluster(all, events) : connectToServer(all, events)
}

function nullForOtherKinds(error: unknown): null {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null
  throw error
}
