import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

export interface EventHourRow {
  hour: Date
  /** By type and result, such as `sign_in success`. */
  counts: Readonly<Record<string, number>>
}

export interface ForbiddenHourRow {
  hour: Date
  count: number
}

export interface RecentEventRow {
  id: string
  occurred_at: Date
  event_type: string
  result: string
  actor_login: string | null
  resource: string | null
  ip_address: string | null
}

/** Events of one hour, of which `h` says the beginning. */
const COUNTED = `coalesce((
    select jsonb_object_agg(c.kind, c.events) from (
      select l.event_type || ' ' || l.result as kind, count(*) as events from auth.auth_audit_log l
      where l.occurred_at >= h.hour and l.occurred_at < h.hour + interval '1 hour'
      group by l.event_type, l.result
    ) c), '{}'::jsonb)`
/** The last day, with the hour that is not over; UTC, since the hours of some time zones begin at half past. */
const LAST_DAY = `generate_series(
    date_trunc('hour', now(), 'UTC') - interval '23 hours', date_trunc('hour', now(), 'UTC'), interval '1 hour'
  ) as h (hour)`

/**
 * Counts some of the hours that are over and have no sums, the latest first. Five minutes after an hour's end every
 * transaction that began in it is done, however long it took.
 */
export const SUM_EVENT_HOURS = statement<[], { hour: Date }>(
  'sum_event_hours',
  `insert into auth.event_hours (hour, counts)
   select h.hour, ${COUNTED} from (
     select s.hour from generate_series(
       date_trunc('hour', now() - interval '2 days', 'UTC'), date_trunc('hour', now() - interval '65 minutes', 'UTC'),
       interval '1 hour'
     ) as s (hour)
     where not exists (select from auth.event_hours e where e.hour = s.hour)
     order by s.hour desc limit 6
   ) h
   on conflict (hour) do nothing
   returning hour`,
)

/** The last 24 hours, the oldest first; only those without sums are counted. */
export const READ_EVENT_HOURS = statement<[], EventHourRow>(
  'read_event_hours',
  `select h.hour, coalesce(e.counts, ${COUNTED}) as counts
   from ${LAST_DAY} left join auth.event_hours e on e.hour = h.hour order by h.hour`,
)

/** Requests of the last 24 hours that were forbidden, the oldest hour first. */
export const READ_FORBIDDEN_HOURS = statement<[], ForbiddenHourRow>(
  'read_forbidden_hours',
  `select h.hour, coalesce(sum(s.count), 0)::float8 as count
   from ${LAST_DAY} left join auth.decision_sums s on s.hour = h.hour and s.kind = 'forbid'
   group by h.hour order by h.hour`,
)

/** The latest events of any of these types, the latest first; each type's are found by its index. */
export const RECENT_EVENTS = statement<[types: readonly string[], since: Date, limit: number], RecentEventRow>(
  'recent_events',
  `select l.id, l.occurred_at, l.event_type, l.result, l.actor_login, l.resource, l.ip_address
   from unnest($1::text[]) as t (event_type) cross join lateral (
     select * from auth.auth_audit_log a
     where a.event_type = t.event_type and a.occurred_at >= $2
     order by a.occurred_at desc, a.seq desc limit $3
   ) l
   order by l.occurred_at desc, l.seq desc limit $3`,
)

export const PRUNE_EVENT_HOURS = pruneStatement('prune_event_hours', 'auth.event_hours', 'hour')
