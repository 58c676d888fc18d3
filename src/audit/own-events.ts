import type { Queryable } from '../store/database.ts'
import { LIST_OWN_EVENTS } from './own-events-table.ts'
import type { EventRow } from './search-table.ts'

/** What somebody did, and what was done to his account, the latest first. */
export interface OwnEvents {
  readonly events: readonly EventRow[]
  /** Where the next ones begin; null behind the last. */
  readonly next: string | null
}

export interface OwnEventsWish {
  readonly userId: string
  readonly login: string
  /** Nothing that is older. */
  readonly since: Date
  readonly limit: number
  /** Where the page before ended, as it told; null for the first. */
  readonly cursor: string | null
}

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)_(\d{1,18})$/
const NO_SEQ = '9223372036854775807'

/** What isn't a cursor of ours begins at the latest. */
export async function ownEvents(database: Queryable, wish: OwnEventsWish): Promise<OwnEvents> {
  const { userId, login, since, limit, cursor } = wish
  const [, at = '', seq = NO_SEQ] = CURSOR.exec(cursor ?? '') ?? []
  const before = Number.isNaN(Date.parse(at)) ? (['infinity', NO_SEQ] as const) : ([at, seq] as const)
  const rows = await database.query(LIST_OWN_EVENTS, userId, `user:${login}`, since.toISOString(), ...before, limit + 1)
  const events = rows.slice(0, limit)
  const last = events.at(-1)
  return { events, next: rows.length <= limit || last === undefined ? null : `${last.occurred_at}_${last.seq}` }
}
