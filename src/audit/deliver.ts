import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../observe/log.ts'
import type { Queryable } from '../store/database.ts'
import { sha256 } from './chain.ts'
import * as table from './deliver-table.ts'
import type { EventRow } from './search-table.ts'

export const SINK_NAMES = ['webhook', 'syslog'] as const
export type SinkName = (typeof SINK_NAMES)[number]

/** Some events that a sink takes together or not at all. */
export interface Delivery {
  /** The same each time that these are sent. */
  readonly id: string
  readonly events: readonly EventRow[]
}

/** Who takes audit events elsewhere. */
export interface Sink {
  readonly name: SinkName
  /** Resolves once they are taken; rejects when that isn't known. @param signal ends the try */
  send(delivery: Delivery, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface DeliverParts {
  readonly database: Queryable
  readonly sink: Sink
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Id of this process among those that might send, a UUID. */
  readonly holder: string
  /** Told how old the oldest event is that the sink lacks, in seconds. */
  readonly onAge: (seconds: number, lastError: string | null) => void
  readonly onFailure: () => void
  /** How long one delivery may take, and how long nobody else sends meanwhile. */
  readonly times?: { readonly deadlineMs: number; readonly leaseMs: number }
  /** From 0 to 1. */
  readonly random?: () => number
}

const MAX_EVENTS = 500
/** Half of what many proxies take as a body; a single larger event goes alone. */
const MAX_BYTES = 512 * 1024
/** Of the columns of a row that are short, as JSON. */
const ROW_BYTES = 900
/** The lease is longer, so that who still waits for an answer is the only one. */
const TIMES = { deadlineMs: 15_000, leaseMs: 45_000 }
const FIRST_WAIT_MS = 1_000
const MAX_WAIT_MS = 300_000
const MAX_ERROR = 300
/** Between deliveries of a backlog, so that the one connection of an embedded database is free for others. */
const PAUSE_MS = 5

/** Sends what is sealed to one sink, in writing order, batch by batch; of all processes one at a time does. */
export function createDelivery(parts: DeliverParts): { round(signal: AbortSignal): Promise<void> } {
  const state = { isAdded: false }
  return {
    async round(signal) {
      const { database, sink, holder } = parts
      if (!state.isAdded) await database.query(table.ADD_SINK, sink.name)
      state.isAdded = true
      try {
        while (!signal.aborted && (await isWaiting(parts)) && (await deliverOne(parts, signal))) await delay(PAUSE_MS)
      } finally {
        await database.query(table.LET_GO, sink.name, holder)
      }
    },
  }
}

/** How long a sink that failed so often in a row is left alone: twice as long each time, by chance up to half less. */
export function waitAfter(attempts: number, random: number): number {
  const longest = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 20))
  return Math.round(longest * (1 - random / 2))
}

async function isWaiting({ database, sink, onAge }: DeliverParts): Promise<boolean> {
  const [row] = await database.query(table.FIND_SINK, sink.name)
  onAge(row?.age_s ?? 0, row?.last_error ?? null)
  return row?.waits === true
}

/** @returns false when there is nothing more to do now */
async function deliverOne(parts: DeliverParts, signal: AbortSignal): Promise<boolean> {
  const { database, sink, holder, times = TIMES } = parts
  const [held] = await database.query(table.HOLD_SINK, sink.name, holder, times.leaseMs)
  if (held === undefined) return false
  const [batch] = await database.query(table.FIND_BATCH, held.next_batch)
  if (batch === undefined) return false
  // A batch that is not the expected one is read from its beginning.
  const after = batch.number === held.next_batch ? held.after_seq : '0'
  const rows = await database.query(table.LIST_BATCH, batch.number, after, MAX_EVENTS)
  const events = fitting(rows)
  const isSent = await send(parts, { id: deliveryId(batch.number, events), events }, { ...held, signal })
  if (!isSent) return false
  if (held.attempts > 0) parts.log.info({ sink: sink.name }, 'audit events are delivered again')
  const last = events.at(-1)
  const isWhole = rows.length < MAX_EVENTS && events.length === rows.length
  const next =
    isWhole || last === undefined
      ? ([String(BigInt(batch.number) + 1n), '0'] as const)
      : ([batch.number, last.seq] as const)
  const moved = await database.query(table.MOVE_ON, sink.name, holder, ...next, times.leaseMs)
  return moved.length > 0
}

/** Also by which events they are: a restored database gives the numbers of batches and rows again. */
function deliveryId(batch: string, events: readonly EventRow[]): string {
  return `${batch}-${sha256(events.map(({ id }) => id).join(' ')).slice(0, 16)}`
}

/** Notes a failure, unless the program itself broke it off. @returns whether the sink has them */
async function send(
  { database, sink, holder, onFailure, log, times = TIMES, random = Math.random }: DeliverParts,
  delivery: Delivery,
  { attempts, signal }: { attempts: number; signal: AbortSignal },
): Promise<boolean> {
  if (delivery.events.length === 0) return true
  try {
    await sink.send(delivery, AbortSignal.any([signal, AbortSignal.timeout(times.deadlineMs)]))
    return true
  } catch (error) {
    if (signal.aborted) return false
    const why = (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR)
    onFailure()
    if (attempts === 0) log.warn({ sink: sink.name, why }, 'audit events can not be delivered yet')
    await database.query(table.POSTPONE_SINK, sink.name, holder, waitAfter(attempts, random()), why)
    return false
  }
}

/** As many from the beginning as are not too much for one delivery, and one at least. */
function fitting(rows: readonly EventRow[]): readonly EventRow[] {
  let bytes = 0
  const end = rows.findIndex((row, index) => {
    bytes += ROW_BYTES + row.user_agent.length + row.details.length + (row.resource?.length ?? 0)
    return index > 0 && bytes > MAX_BYTES
  })
  return end === -1 ? rows : rows.slice(0, end)
}
