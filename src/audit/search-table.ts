import { statement } from '../store/statement.ts'
import type { Statement } from '../store/statement.ts'

/** A row of the log as it stands there, with nothing that JavaScript would round. */
export interface EventRow {
  /** Place in writing order, a whole number as text. */
  seq: string
  id: string
  /** In UTC with microseconds, `2026-01-31T12:00:00.000000Z`. */
  occurred_at: string
  event_type: string
  action: string | null
  resource: string | null
  result: string
  actor_id: string | null
  actor_login: string | null
  session_id: string | null
  ip_address: string | null
  user_agent: string
  request_id: string | null
  risk_score: number | null
  /** A JSON object. */
  details: string
}

/** Between two places, both left out, at most so many; null where a filter isn't asked for. */
export type EventParams = [
  afterAt: string,
  afterSeq: string,
  beforeAt: string,
  beforeSeq: string,
  limit: number,
  actorId: string | null,
  actorLogin: string | null,
  type: string | null,
  resource: string | null,
  app: string | null,
  result: string | null,
  network: string | null,
  requestId: string | null,
]
export type EventStatement = Statement<EventParams, EventRow>

/** Of `auth.auth_audit_log l`. */
export const EVENT_COLUMNS = `l.seq::text as seq, l.id,
  to_char(l.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at,
  l.event_type, l.action, l.resource, l.result, l.actor_id, l.actor_login, l.session_id, l.ip_address, l.user_agent,
  l.request_id, l.risk_score, l.details::text as details`

const FILTERS = {
  actorId: 'l.actor_id = $6',
  actorLogin: 'l.actor_login = $7',
  type: 'l.event_type = $8',
  resource: 'l.resource = $9',
  app: `(l.resource = 'app:' || $10 or l.details ->> 'app' = $10 or l.details #> '{scope,apps}' ? $10)`,
  result: 'l.result = $11',
  network: 'l.ip_address <<= $12::inet',
  requestId: 'l.request_id = $13',
} as const
const TYPES: Readonly<Record<keyof typeof FILTERS, string>> = {
  actorId: '$6::uuid',
  actorLogin: '$7::text',
  type: '$8::text',
  resource: '$9::text',
  app: '$10::text',
  result: '$11::text',
  network: '$12::inet',
  requestId: '$13::text',
}
/** The rows that tell of some app are few, and have an index of their own. */
const OF_AN_APP = `(l.resource like 'app:%' or l.details ? 'app' or l.details #> '{scope,apps}' is not null)
       and ${FILTERS.app}`
/** For single addresses, which an index holds in the order of time. */
const ADDRESS = 'l.ip_address = $12::inet'
/** For a small network, of which the index gives a range that is then sorted. */
const RANGE = `l.ip_address >= network($12::inet) and l.ip_address <=
  set_masklen(broadcast($12::inet), case family($12::inet) when 4 then 32 else 128 end)`

/**
 * The filter that leads stands as a plain comparison, so that every plan of the statement walks its index; the others
 * may be left out, which a plan for all values can't know: after some searches by app it would sort the whole log.
 * Partitions are passed over by the time alone, which a comparison of rows doesn't tell the planner.
 */
function eventsBy(
  label: string,
  lead: keyof typeof FILTERS | null,
  order: 'asc' | 'desc',
  leading?: string,
): EventStatement {
  const conditions = (Object.keys(FILTERS) as (keyof typeof FILTERS)[]).map((key) =>
    key === lead ? (leading ?? FILTERS[key]) : `(${TYPES[key]} is null or ${FILTERS[key]})`,
  )
  return statement(
    label,
    `select ${EVENT_COLUMNS} from auth.auth_audit_log l
     where l.occurred_at >= $1::timestamptz and l.occurred_at <= $3::timestamptz
       and (l.occurred_at, l.seq) > ($1::timestamptz, $2::bigint)
       and (l.occurred_at, l.seq) < ($3::timestamptz, $4::bigint)
       and ${conditions.join('\n       and ')}
     order by l.occurred_at ${order}, l.seq ${order} limit $5`,
    { isPlannedAnew: true, mayReadReplica: true },
  )
}

export const EVENTS_BY_TIME = eventsBy('events_by_time', null, 'desc')
export const EVENTS_BY_ACTOR_ID = eventsBy('events_by_actor_id', 'actorId', 'desc')
export const EVENTS_BY_ACTOR_LOGIN = eventsBy('events_by_actor_login', 'actorLogin', 'desc')
export const EVENTS_BY_TYPE = eventsBy('events_by_type', 'type', 'desc')
export const EVENTS_BY_RESOURCE = eventsBy('events_by_resource', 'resource', 'desc')
export const EVENTS_BY_ADDRESS = eventsBy('events_by_address', 'network', 'desc', ADDRESS)
export const EVENTS_BY_NETWORK = eventsBy('events_by_network', 'network', 'desc', RANGE)
export const EVENTS_BY_APP = eventsBy('events_by_app', 'app', 'desc', OF_AN_APP)
export const EVENTS_BY_REQUEST = eventsBy('events_by_request', 'requestId', 'desc')

export const OLDEST_BY_TIME = eventsBy('oldest_by_time', null, 'asc')
export const OLDEST_BY_ACTOR_ID = eventsBy('oldest_by_actor_id', 'actorId', 'asc')
export const OLDEST_BY_ACTOR_LOGIN = eventsBy('oldest_by_actor_login', 'actorLogin', 'asc')
export const OLDEST_BY_TYPE = eventsBy('oldest_by_type', 'type', 'asc')
export const OLDEST_BY_RESOURCE = eventsBy('oldest_by_resource', 'resource', 'asc')
export const OLDEST_BY_ADDRESS = eventsBy('oldest_by_address', 'network', 'asc', ADDRESS)
export const OLDEST_BY_APP = eventsBy('oldest_by_app', 'app', 'asc', OF_AN_APP)
export const OLDEST_BY_REQUEST = eventsBy('oldest_by_request', 'requestId', 'asc')
