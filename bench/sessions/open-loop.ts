import { setTimeout as delay } from 'node:timers/promises'

export interface OpenLoopOptions<Connection> {
  readonly connections: readonly Connection[]
  readonly perSecond: number
  readonly seconds: number
  /** Sends one and resolves with its answer. */
  readonly send: (connection: Connection) => Promise<void>
}

const TICK_MS = 1

/**
 * Sends at a fixed rate whatever the answers do. Latencies in ms count from when each was to be sent, so one that had
 * to wait, for a free connection too, doesn't look fast.
 */
export async function runOpenLoop<Connection>(options: OpenLoopOptions<Connection>): Promise<number[]> {
  const { connections, perSecond, seconds, send } = options
  const free = [...connections]
  const waiting: number[] = []
  const latencies: number[] = []
  const underWay = new Set<Promise<void>>()
  const sendOne = async (connection: Connection, intendedAt: number): Promise<void> => {
    await send(connection)
    latencies.push(performance.now() - intendedAt)
    free.push(connection)
    sendWaiting()
  }
  const sendWaiting = (): void => {
    // The one that rests longest, so that all processes behind a listener get their share.
    for (let connection = free.shift(); connection !== undefined; connection = free.shift()) {
      const intendedAt = waiting.shift()
      if (intendedAt === undefined) return void free.unshift(connection)
      const sending = sendOne(connection, intendedAt)
      underWay.add(sending)
      // One that failed stays, for the end to tell of it.
      sending.then(
        () => underWay.delete(sending),
        () => undefined,
      )
    }
  }
  const startedAt = performance.now()
  const dueAt = (index: number): number => startedAt + (index * 1_000) / perSecond
  for (let next = 0; next < perSecond * seconds; await delay(TICK_MS)) {
    for (; next < perSecond * seconds && dueAt(next) <= performance.now(); next++) waiting.push(dueAt(next))
    sendWaiting()
  }
  // What ends lets another begin that had to wait.
  while (underWay.size > 0) await Promise.all(underWay)
  return latencies
}
