import type { LiveEvent, LiveType } from './live-events.ts'

/** A WebSocket as far as it is used here. */
export interface LiveSocket {
  readonly bufferedAmount: number
  send(text: string): void
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
  on(event: 'close' | 'pong' | 'ping' | 'message', listener: () => void): unknown
}

/** Whose connection it is. */
export interface Listener {
  readonly userId: string
  /** Of the sign-in or API token that opened it. */
  readonly id: string
}

/** Why a connection is closed (RFC 6455, 7.4.2: 4000 to 4999 are ours). */
export const LIVE_CODES = {
  ended: 4401,
  forbidden: 4403,
  slow: 4408,
  noisy: 4429,
  stopping: 1001,
  later: 1013,
} as const

export interface LiveConnections {
  /** True where one more may be opened for this person. */
  hasRoom(userId: string): boolean
  /** Closes one that came at a bad time. */
  refuse(socket: LiveSocket, code: keyof typeof LIVE_CODES): void
  add(socket: LiveSocket, listener: Listener, types: readonly LiveType[]): void
  /** Tells each what he may hear; whoever doesn't read is dropped. */
  tell(events: readonly LiveEvent[]): void
  /**
   * What they may hear from now on, by id of sign-in or token: those that were asked for and are missing are closed.
   * @param asked as `ids` was then; what was opened since is for the next time
   */
  settle(asked: readonly string[], typesOf: ReadonlyMap<string, readonly LiveType[]>): void
  closeAll(code: keyof typeof LIVE_CODES): void
  /** Asks each whether it is still there, and drops those that did not say so since the last time. */
  ping(): void
  readonly ids: readonly string[]
}

const MAX_CONNECTIONS = 100
const MAX_OF_PERSON = 5
/** Some hundreds of events. */
const MAX_UNREAD_BYTES = 262_144
/** A close that isn't answered within this time is not waited for. */
const CLOSE_MS = 2_000
/** Between two of ours; nobody has to ask us more often. */
const MAX_PINGS = 20

interface Connection {
  readonly socket: LiveSocket
  readonly listener: Listener
  types: readonly LiveType[]
  isThere: boolean
  pings: number
}

export function createLiveConnections(): LiveConnections {
  const connections = new Set<Connection>()
  const drop = (connection: Connection, code: keyof typeof LIVE_CODES): void => {
    if (connections.delete(connection)) end(connection.socket, code)
  }
  const send = (connection: Connection, text: string): void => {
    if (connection.socket.bufferedAmount > MAX_UNREAD_BYTES) return drop(connection, 'slow')
    connection.socket.send(text)
  }
  const countOf = (userId: string): number =>
    [...connections].filter(({ listener }) => listener.userId === userId).length
  return {
    hasRoom: (userId) => connections.size < MAX_CONNECTIONS && countOf(userId) < MAX_OF_PERSON,
    refuse: end,
    add(socket, listener, types) {
      const connection: Connection = { socket, listener, types, isThere: true, pings: 0 }
      connections.add(connection)
      socket.on('close', () => connections.delete(connection))
      socket.on('pong', () => void (connection.isThere = true))
      socket.on('ping', () => ++connection.pings > MAX_PINGS && drop(connection, 'noisy'))
      socket.on('message', () => drop(connection, 'noisy'))
      send(connection, hello(types))
    },
    tell(events) {
      const texts = events.map((event) => ({ type: event.type, text: JSON.stringify(event) }))
      for (const connection of connections) {
        for (const { type, text } of texts) {
          if (connections.has(connection) && connection.types.includes(type)) send(connection, text)
        }
      }
    },
    settle(asked, typesOf) {
      for (const connection of connections) {
        if (!asked.includes(connection.listener.id)) continue
        const types = typesOf.get(connection.listener.id)
        if (types === undefined) drop(connection, 'ended')
        else if (types.length === 0) drop(connection, 'forbidden')
        else if (types.join() !== connection.types.join()) {
          connection.types = types
          send(connection, hello(types))
        }
      }
    },
    closeAll: (code) => connections.forEach((connection) => drop(connection, code)),
    ping() {
      for (const connection of connections) {
        if (!connection.isThere) {
          connection.socket.terminate()
          continue
        }
        connection.isThere = false
        connection.pings = 0
        connection.socket.ping()
      }
    },
    get ids() {
      return [...connections].map(({ listener }) => listener.id)
    },
  }
}

/** Says why, and doesn't wait long for an answer. */
function end(socket: LiveSocket, code: keyof typeof LIVE_CODES): void {
  socket.close(LIVE_CODES[code], code)
  setTimeout(() => socket.terminate(), CLOSE_MS)
}

/** The first message, and the first after rights have changed. */
function hello(types: readonly LiveType[]): string {
  return JSON.stringify({ type: 'hello', at: new Date().toISOString(), data: { types } })
}
