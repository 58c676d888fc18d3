import type { Queryable } from '../store/database.ts'
import { isSingleAddress, isSmallNetwork, readTime } from './search-filter.ts'
import type { EventFilter } from './search-filter.ts'
import * as table from './search-table.ts'
import type { EventRow, EventStatement } from './search-table.ts'

/** Some rows of the log in order of time, and where the next ones begin: null behind the last. */
export interface EventPage {
  readonly events: readonly EventRow[]
  readonly next: string | null
}

export interface PageWish {
  readonly order: 'newest' | 'oldest'
  /** At most `MAX_PAGE`. */
  readonly limit: number
  /** Where the page before ended, as it told; null for the first. */
  readonly cursor: string | null
}

export const MAX_PAGE = 500

const MAX_SEQ = 2n ** 63n - 1n
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\d{1,19})$/

/**
 * One page of what the filter lets through.
 * @throws RangeError for a cursor that isn't one of ours
 */
export async function searchEvents(
  database: Queryable,
  filter: EventFilter,
  { order, limit, cursor }: PageWish,
): Promise<EventPage> {
  const at = cursor === null ? null : readCursor(cursor)
  if (cursor !== null && at === null) throw new RangeError('not a cursor of the log')
  const [after, before] = order === 'newest' ? [null, at] : [at, null]
  const events = await database.query(
    statementFor(filter, order),
    after?.at ?? filter.from,
    after?.seq ?? '0',
    before?.at ?? filter.to,
    before?.seq ?? '0',
    limit,
    filter.actorId,
    filter.actorLogin,
    filter.type,
    filter.resource,
    filter.app,
    filter.result,
    filter.network,
    filter.requestId,
  )
  const last = events.at(-1)
  return { events, next: last === undefined || events.length < limit ? null : writeCursor(last) }
}

/** True for what `searchEvents` gave as the beginning of a next page. */
export function isCursor(text: string): boolean {
  return readCursor(text) !== null
}

/** The one whose index leaves least to look through: what few rows share comes first. */
function statementFor(filter: EventFilter, order: PageWish['order']): EventStatement {
  const newest = order === 'newest'
  const { requestId, network, actorId, actorLogin, resource, app, type } = filter
  if (requestId !== null) return newest ? table.EVENTS_BY_REQUEST : table.OLDEST_BY_REQUEST
  if (actorId !== null) return newest ? table.EVENTS_BY_ACTOR_ID : table.OLDEST_BY_ACTOR_ID
  if (actorLogin !== null) return newest ? table.EVENTS_BY_ACTOR_LOGIN : table.OLDEST_BY_ACTOR_LOGIN
  if (resource !== null) return newest ? table.EVENTS_BY_RESOURCE : table.OLDEST_BY_RESOURCE
  if (network !== null && isSingleAddress(network)) return newest ? table.EVENTS_BY_ADDRESS : table.OLDEST_BY_ADDRESS
  // To sort all that a network has for each page of an export would take the square of its time.
  if (network !== null && newest && isSmallNetwork(network)) return table.EVENTS_BY_NETWORK
  if (app !== null) return newest ? table.EVENTS_BY_APP : table.OLDEST_BY_APP
  if (type !== null) return newest ? table.EVENTS_BY_TYPE : table.OLDEST_BY_TYPE
  return newest ? table.EVENTS_BY_TIME : table.OLDEST_BY_TIME
}

/** Where an event stands, as a text for addresses. */
export function writeCursor({ occurred_at: at, seq }: Pick<EventRow, 'occurred_at' | 'seq'>): string {
  return Buffer.from(`${at} ${seq}`).toString('base64url')
}

/** The same read back; null for what `writeCursor` has not made. */
export function readCursor(cursor: string): { at: string; seq: string } | null {
  const [, at, seq] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (at === undefined || seq === undefined || readTime(at, 0) === null || BigInt(seq) > MAX_SEQ) return null
  return { at, seq }
}
