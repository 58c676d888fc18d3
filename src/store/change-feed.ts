import { READ_CHANGES, READ_CURSOR } from './changes-table.ts'
import type { ChangeRow } from './changes-table.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { Database, Queryable } from './database.ts'
import { createKnownChanges } from './known-changes.ts'
import type { KnownChange, KnownChanges } from './known-changes.ts'
import { storeUnavailable } from './unavailable.ts'

/** Keeps this process's picture of what has changed, so that memory may be believed. */
export interface ChangeFeed {
  /** Reads what is new. Called while a read is under way, it resolves after one that began later. */
  read(): Promise<void>
  /** True while the last successful read was sent at most 1.5 s ago. */
  isFresh(): boolean
  /** When the last successful read was sent, ms on the monotonic clock. */
  readonly freshAt: number
  /** True from a failed read until one succeeds. */
  readonly unreachable: boolean
  /** Another one after each start of the database server and each crash that it recovered from. */
  readonly server: string
  isVoid: KnownChanges['isVoid']
  /**
   * Runs a transaction that records changes and returns once this process has dropped what they name. Throws when it
   * can't be made durable.
   */
  commit<T>(database: Database, work: (tx: Queryable) => Promise<T>): Promise<T>
}

export interface ChangeListener {
  /** A user or sign-in is no longer what it was in snapshots that do not see this. */
  onNamed(name: string, isVoid: (snapshot: string) => boolean): void
  onPolicy(): void
  /** Keys came, took over or ended. */
  onKeys?(): void
  /** What a change names was dropped here, so long after its transaction began; never told too little. */
  onApplied?(lagSeconds: number): void
  /** This process was away for longer than changes are kept: nothing that it remembers counts. */
  onGap(): void
}

/** Beyond this the last read is too old for memory to be believed. */
const FRESH_MS = 1_500
/** A read that takes longer counts as failed. */
const READ_DEADLINE_MS = 700
/** It also counts as failed so long before memory is too old: an outage must be known by then, or grace comes late. */
const MARGIN_MS = 150
const SHORTEST_DEADLINE_MS = 100
/** Changes are kept for an hour; a process that was away for nearly that long starts afresh. */
export const CHANGES_KEPT_MS = 3_600_000
const GAP_MS = 3_000_000
/** A crash loses at most the ids of transactions that came to nothing within a fifth of a second before it. */
const LOST_IDS = 10_000n
const FIRST_ID = 3n

/**
 * Opens the feed at the present: what is read before is unknown to it and nothing from before counts.
 * @param now ms, monotonic
 * @param switches how often another server came into use: what was known of the one before counts no more
 */
export async function openChangeFeed(
  database: Queryable,
  listener: ChangeListener,
  now: () => number = () => performance.now(),
  switches: () => number = () => 0,
): Promise<ChangeFeed> {
  const openedAt = now()
  return new DatabaseFeed({ database, listener, now, switches }, openedAt, await readPresent(database))
}

interface FeedParts {
  readonly database: Queryable
  readonly listener: ChangeListener
  readonly now: () => number
  readonly switches: () => number
}

class DatabaseFeed implements ChangeFeed {
  readonly #parts: FeedParts
  #freshAt: number
  #cursor: string
  #server: string
  #switches: number
  /** Ids below it may have been another transaction's before a crash: what such a change names is void in any case. */
  #usedBelow = 0n
  #known: KnownChanges
  #unreachable = false
  #reading: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(parts: FeedParts, freshAt: number, { cursor, server }: Present) {
    this.#parts = parts
    this.#freshAt = freshAt
    this.#cursor = cursor
    this.#server = server
    this.#switches = parts.switches()
    this.#known = createKnownChanges(BigInt(cursor))
  }

  get freshAt(): number {
    return this.#freshAt
  }

  get unreachable(): boolean {
    return this.#unreachable
  }

  get server(): string {
    return this.#server
  }

  isFresh(): boolean {
    return this.#parts.now() - this.#freshAt <= FRESH_MS
  }

  isVoid(snapshot: string, userId: string, signInId: string): boolean {
    return this.#known.isVoid(snapshot, userId, signInId)
  }

  read(): Promise<void> {
    if (this.#reading === null) return this.#start()
    this.#next ??= this.#startNext()
    return this.#next
  }

  async commit<T>(writable: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
    const result = await writable.transaction(work)
    // It is durable, so it must be gone from here too, even if nobody can say any more what it named.
    await this.read().catch(() => this.#parts.listener.onGap())
    return result
  }

  #start(): Promise<void> {
    this.#reading = this.#readAndTell()
    return this.#reading
  }

  async #startNext(): Promise<void> {
    await this.#reading?.catch(() => undefined)
    this.#next = null
    return this.#start()
  }

  async #readAndTell(): Promise<void> {
    try {
      await this.#readOnce()
      this.#unreachable = false
    } catch (error) {
      this.#unreachable = true
      throw error
    } finally {
      this.#reading = null
    }
  }

  async #readOnce(): Promise<void> {
    const { database, now, switches } = this.#parts
    const sentAt = now()
    if (sentAt - this.#freshAt > GAP_MS || switches() !== this.#switches) return this.#startAfresh()
    const rows = await withDeadline(database.query(READ_CHANGES, this.#cursor), this.#deadline(sentAt))
    if (switches() !== this.#switches) return this.#startAfresh()
    const [first] = rows
    refuseStandby(first)
    if (first !== undefined && first.server !== this.#server) return this.#lookBack(first.server)
    for (const row of rows) {
      const change = changeOf(row)
      if (change === null || !this.#known.add(change, sentAt)) continue
      if (row.kind === 'keys') this.#parts.listener.onKeys?.()
      else this.#announce(change)
      this.#parts.listener.onApplied?.((row.age_seconds ?? 0) + (now() - sentAt) / 1_000)
    }
    this.#cursor = rows[0]?.cursor ?? this.#cursor
    this.#freshAt = sentAt
    this.#known.prune(sentAt - CHANGES_KEPT_MS, BigInt(this.#cursor))
  }

  /** The server was started anew: changes are read again from below all that a crash may have lost. */
  #lookBack(server: string): Promise<void> {
    const cursor = BigInt(this.#cursor)
    this.#server = server
    // A crash before anything was read since the last one must not bring it down.
    if (cursor + LOST_IDS > this.#usedBelow) this.#usedBelow = cursor + LOST_IDS
    this.#cursor = String(cursor > LOST_IDS + FIRST_ID ? cursor - LOST_IDS : FIRST_ID)
    this.#known.startBelow(BigInt(this.#cursor))
    this.#parts.listener.onPolicy()
    this.#parts.listener.onKeys?.()
    return this.#readOnce()
  }

  #announce({ names, xid }: KnownChange): void {
    const { listener } = this.#parts
    if (names === null) listener.onPolicy()
    else if (xid < this.#usedBelow) listener.onNamed(names, () => true)
    else listener.onNamed(names, (snapshot) => this.#known.isVoid(snapshot, names, names))
  }

  #deadline(sentAt: number): number {
    const left = FRESH_MS - MARGIN_MS - (sentAt - this.#freshAt)
    return Math.max(SHORTEST_DEADLINE_MS, Math.min(READ_DEADLINE_MS, left))
  }

  async #startAfresh(): Promise<void> {
    const { database, listener, now, switches } = this.#parts
    const sentAt = now()
    const seen = switches()
    const { cursor, server } = await withDeadline(readPresent(database), this.#deadline(sentAt))
    if (switches() !== seen) throw storeUnavailable(new Error('another server took over meanwhile'))
    this.#switches = seen
    this.#cursor = cursor
    this.#server = server
    this.#known = createKnownChanges(BigInt(this.#cursor))
    listener.onGap()
    listener.onKeys?.()
    this.#freshAt = sentAt
  }
}

interface Present {
  readonly cursor: string
  readonly server: string
}

async function readPresent(database: Queryable): Promise<Present> {
  const [row] = await database.query(READ_CURSOR)
  if (row === undefined) throw new Error('the database gave no snapshot')
  refuseStandby(row)
  return row
}

/** What a standby shows may be behind: it is no source of changes, however quick its answers. */
function refuseStandby(row: { in_recovery: boolean } | undefined): void {
  if (row?.in_recovery === true) throw storeUnavailable(new Error('the server is a standby, which takes no writes'))
}

function changeOf({ id, xid, user_id: userId, session_id: sessionId }: ChangeRow): KnownChange | null {
  return id === null || xid === null ? null : { id, xid: BigInt(xid), names: userId ?? sessionId }
}
