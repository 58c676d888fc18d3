import type { Health } from '../observe/health.ts'
import type { Program } from '../observe/program.ts'
import type { Database } from '../store/database.ts'
import { liveEventsOf } from './live-events.ts'
import type { LiveEvent, LiveType } from './live-events.ts'
import { READ_HAPPENED, READ_REFUSED } from './live-table.ts'

export interface LiveSourceParts {
  readonly database: Database
  readonly program: Pick<Program, 'health'>
  /** ms, monotonic */
  readonly now: () => number
}

/** What happened since somebody last asked, wherever it did: it is read from what all processes write. */
export interface LiveSource {
  /** Of each kind a few one by one and the rest as a number; at the first look what is new since a page was drawn that listens now. */
  read(): Promise<readonly LiveEvent[]>
}

/** A transaction that takes longer tells its event to nobody live. */
const WINDOW_S = 10
const MAX_WINDOW_S = 60
const MAX_ROWS = 2_000
/** Of one kind, some bytes each: as many as ten full windows. */
const MAX_SEEN = 20_000
const HEALTH_MS = 5_000
/** Between the drawing of a page and the first look for it. */
const OPENING_MS = 3_000
/** Of one kind within one look; who reads the rest has the log for it. */
const MAX_TOLD = 20

export function createLiveSource(parts: LiveSourceParts): LiveSource {
  const { database, now } = parts
  const happened = createUnseen<string>()
  const refused = createUnseen<string>()
  const readHealth = createHealthWatch(parts)
  let readAt: number | null = null
  return {
    async read() {
      const at = now()
      const isFirst = readAt === null
      const away = readAt === null ? 0 : (at - readAt) / 1_000
      const seconds = Math.min(MAX_WINDOW_S, WINDOW_S + away)
      const [events, refusals, health] = await Promise.all([
        database.query(READ_HAPPENED, seconds, MAX_ROWS),
        database.query(READ_REFUSED, seconds, MAX_ROWS),
        readHealth(at),
      ])
      readAt = at
      const told = [
        ...happened.take(events, ({ seq }) => seq).flatMap((row) => liveEventsOf(eventOf(row))),
        ...refused.take(refusals, ({ id }) => id).map(refusalOf),
      ]
      const news = isFirst ? told.filter((event) => Date.parse(event.at) > Date.now() - OPENING_MS) : told
      return [...bounded(news), ...health]
    },
  }
}

interface Unseen<Key> {
  /** Rows that no look before had, the oldest first. @param rows all of the window, the latest first */
  take<Row>(rows: readonly Row[], keyOf: (row: Row) => Key): Row[]
}

/** Remembers keys for longer than any window, so that one that moves by some milliseconds brings nothing twice. */
function createUnseen<Key>(): Unseen<Key> {
  const seen = new Set<Key>()
  return {
    take(rows, keyOf) {
      const fresh = rows.filter((row) => !seen.has(keyOf(row))).toReversed()
      for (const row of fresh) seen.add(keyOf(row))
      for (const key of seen) {
        if (seen.size <= MAX_SEEN) break
        seen.delete(key)
      }
      return fresh
    },
  }
}

/** Tells when a part is otherwise than at the look before. */
function createHealthWatch({ program }: LiveSourceParts): (at: number) => Promise<LiveEvent[]> {
  let dueAt = Number.NEGATIVE_INFINITY
  let before: string | null = null
  return async (at) => {
    if (at < dueAt) return []
    dueAt = at + HEALTH_MS
    const data = statesOf(await program.health())
    const text = JSON.stringify(data)
    const isNews = before !== null && before !== text
    before = text
    return isNews ? [{ type: 'health', at: new Date().toISOString(), data }] : []
  }
}

function statesOf({ status, parts }: Health): LiveEvent['data'] {
  return { status, parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.status])) }
}

function bounded(events: readonly LiveEvent[]): LiveEvent[] {
  return [...Map.groupBy(events, ({ type }) => type)].flatMap(([type, all]) => {
    const told = all.slice(0, MAX_TOLD)
    const more = all.length - told.length
    return more === 0 ? told : [...told, { type, at: new Date().toISOString(), data: { more } }]
  })
}

function eventOf(
  row: { occurred_at: Date; event_type: string; result: string } & Who,
): Parameters<typeof liveEventsOf>[0] {
  const { occurred_at: at, event_type: type, result, actor_login: login, resource } = row
  return { at, type, result, login, resource }
}

interface Who {
  readonly actor_login: string | null
  readonly resource: string | null
}

function refusalOf({
  decided_at: at,
  id,
  kind,
  reason,
  app,
  login,
}: {
  decided_at: Date
  id: string
  kind: string
  reason: string | null
  app: string | null
  login: string | null
}): LiveEvent {
  const type: LiveType = 'refusal'
  return { type, at: at.toISOString(), data: { id, kind, reason, app, login } }
}
