import { setTimeout as delay } from 'node:timers/promises'
import { withDeadline } from '../lib/deadline.ts'
import { every } from '../lib/every.ts'
import type { Database, Queryable } from './database.ts'
import type { ServerDatabase } from './postgres.ts'
import { READ_POSITION, READ_REPLAYED } from './replica-table.ts'
import { READ_SERVER } from './server-table.ts'
import type { Statement } from './statement.ts'
import { isStoreUnavailable } from './unavailable.ts'

/** A standby that answers what is costly to ask, for as long as it is as new as the question. */
export interface Replica {
  /** How long ago the primary was where this one is now, in seconds; null while that isn't known. */
  readonly lagSeconds: number | null
  /** Why it isn't asked at present; null while it is. */
  readonly trouble: string | null
  close(): Promise<void>
}

export interface ReplicaParts {
  readonly primary: Database
  readonly standby: ServerDatabase
  /** Further behind it isn't asked at all. */
  readonly maxLagMs: number
  /** Told which server answered a question that may go to the standby. */
  readonly onRead?: (by: 'replica' | 'primary') => void
  /** How often it is looked how far behind it is; 1 s unless given. */
  readonly lookMs?: number
  /** ms, monotonic. */
  readonly now: () => number
}

const LOOK_MS = 1_000
const ANSWER_MS = 500
/** A standby that is so far behind is not waited for. */
const CATCH_UP_MS = 100
const STEP_MS = 5
const MAX_SAMPLES = 1_000

/** Where the primary was, and when it was asked. */
interface Sample {
  readonly at: number
  readonly position: bigint
}

interface Place {
  readonly position: bigint
  readonly database: string
}

/** The primary, whose statements that may be answered by a standby are, once that has all that was committed before. */
export function readFromReplica(parts: ReplicaParts): { database: Database; replica: Replica } {
  const { primary } = parts
  const replica = new StandbyReads(parts)
  return {
    replica,
    database: {
      query: (statement, ...params) =>
        statement.mayReadReplica === true ? replica.query(statement, ...params) : primary.query(statement, ...params),
      transaction: (work) => primary.transaction(work),
      withConnection: (work) => primary.withConnection(work),
      close: async () => {
        await replica.close()
        await primary.close()
      },
    },
  }
}

class StandbyReads implements Queryable, Replica {
  readonly #parts: ReplicaParts
  readonly #timer: { stop(): void }
  #samples: Sample[] = []
  /** The primary had been where the standby is now at this time at the latest. */
  #asOf: number | null = null
  #lagMs: number | null = null
  #trouble: string | null = 'The standby was not asked yet.'
  #skipUntil = 0

  constructor(parts: ReplicaParts) {
    this.#parts = parts
    this.#timer = every(
      parts.lookMs ?? LOOK_MS,
      () => this.#look(),
      () => this.#fail('The standby or the primary does not answer.'),
    )
  }

  get lagSeconds(): number | null {
    return this.#lagMs === null ? null : this.#lagMs / 1_000
  }

  get trouble(): string | null {
    const { maxLagMs, now } = this.#parts
    if (this.#trouble !== null) return this.#trouble
    if (this.#asOf === null || now() - this.#asOf > maxLagMs) {
      return `The standby is more than ${maxLagMs / 1_000} s behind.`
    }
    return null
  }

  async query<Params extends readonly unknown[], Row>(
    statement: Statement<Params, Row>,
    ...params: Params
  ): Promise<Row[]> {
    const rows = await this.#ask((standby) => standby.query(statement, ...params))
    this.#parts.onRead?.(rows === null ? 'primary' : 'replica')
    return rows ?? this.#parts.primary.query(statement, ...params)
  }

  async close(): Promise<void> {
    this.#timer.stop()
    await this.#parts.standby.close()
  }

  /**
   * Null where the standby isn't to be asked, or did not answer. How new it is and what is read come by one connection:
   * behind one address there may be several standbys.
   */
  async #ask<T>(read: (standby: Queryable) => Promise<T>): Promise<T | null> {
    const { primary, standby, now } = this.#parts
    if (this.trouble !== null || now() < this.#skipUntil) return null
    const { switches } = standby
    try {
      const wanted = await placeOf(primary)
      const rows = await standby.withConnection(async (connection) =>
        (await this.#catchesUp(connection, wanted)) ? read(connection) : null,
      )
      return standby.switches === switches ? rows : null
    } catch (error) {
      if (!isStoreUnavailable(error) && !isConflict(error)) throw error
      this.#skipUntil = now() + LOOK_MS
      return null
    }
  }

  /**
   * Asks the standby until it is where the primary was: so nobody misses in a list what he, or anybody else, has just
   * changed, in whatever process that was.
   */
  async #catchesUp(standby: Queryable, wanted: Place): Promise<boolean> {
    const { now } = this.#parts
    const until = now() + CATCH_UP_MS
    for (;;) {
      const there = await replayedOf(standby)
      if (there?.database !== wanted.database) break
      if (there.position >= wanted.position) return true
      if (now() >= until) break
      await delay(STEP_MS)
    }
    this.#skipUntil = now() + LOOK_MS
    return false
  }

  async #look(): Promise<void> {
    const { primary, standby, now } = this.#parts
    const at = now()
    const [here] = await answered(primary.query(READ_POSITION))
    const [there] = await answered(standby.query(READ_SERVER))
    const replayed = await replayedOf(standby)
    if (here === undefined || there === undefined) return this.#fail('The standby does not tell what it is.')
    if (replayed === null || !there.in_recovery) {
      // It was promoted: of several another one may be a standby.
      standby.doubt()
      return this.#fail('The server of POSTERN_DATABASE_READ_URL is no standby.')
    }
    if (here.system !== there.system || here.timeline !== there.timeline) {
      standby.doubt()
      return this.#fail(
        'The standby follows another primary, or has not yet made a restart point since the last promotion.',
      )
    }
    if (here.database !== replayed.database) {
      return this.#fail(
        `POSTERN_DATABASE_READ_URL names the database ${replayed.database}; it has to name ${here.database}, as POSTERN_DATABASE_URL does.`,
      )
    }
    this.#samples = [...this.#samples.slice(-MAX_SAMPLES), { at, position: readPosition(here.position) }]
    this.#asOf = this.#samples.findLast(({ position }) => position <= replayed.position)?.at ?? null
    this.#lagMs = this.#asOf === null ? null : at - this.#asOf
    this.#trouble = null
  }

  #fail(why: string): void {
    this.#trouble = why
    this.#lagMs = null
    this.#asOf = null
    this.#samples = []
  }
}

async function placeOf(primary: Queryable): Promise<Place> {
  const [row] = await primary.query(READ_POSITION)
  if (row === undefined) throw new Error('the primary does not tell where it is')
  return { position: readPosition(row.position), database: row.database }
}

/** Null where the server is no standby. */
async function replayedOf(standby: Queryable): Promise<Place | null> {
  const [row] = await answered(standby.query(READ_REPLAYED))
  if (row === undefined || row.position === null) return null
  return { position: readPosition(row.position), database: row.database }
}

function readPosition(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

function answered<T>(promise: Promise<T>): Promise<T> {
  return withDeadline(promise, ANSWER_MS)
}

/** What a standby gives up because it has to replay (SQLSTATE 40001, 40P01). */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'DeadlineError' || ('code' in error && /^40(?:001|P01)$/.test(String(error.code)))
}
