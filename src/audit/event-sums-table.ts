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

/** Events of the five minutes that begin at `s.slot`. */
const COUNTED = `coalesce((
    select jsonb_object_agg(c.kind, c.events) from (
      select l.event_type || ' ' || l.result as kind, count(*) as events from auth.auth_audit_log l
      where l.occurred_at >= s.slot and l.occurred_at < s.slot + interval '5 minutes'
      group by l.event_type, l.result
    ) c), '{}'::jsonb)`
/** When the first hour of the last day began; in UTC, since the hours of some time zones begin at half past. */
const DAY_BEGAN = `date_trunc('hour', now(), 'UTC') - interval '23 hours'`
/** The last day, with the hour that is not over. */
const LAST_DAY = `generate_series(${DAY_BEGAN}, now(), interval '1 hour') as h (hour)`

/**
 * Counts some of the five minutes that are over and have no sums, the latest first. Five minutes after their end every
 * transaction that began in them is done, however long it took.
 */
export const SUM_EVENTS = statement<[], { slot: Date }>(
  'sum_events',
  `insert into auth.event_sums (slot, counts)
   select s.slot, ${COUNTED} from (
     select s.slot from generate_series(${DAY_BEGAN}, now() - interval '10 minutes', interval '5 minutes') as s (slot)
     where not exists (select from auth.event_sums e where e.slot = s.slot)
     order by s.slot desc limit 72
   ) s
   on conflict (slot) do nothing
   returning slot`,
)

/** The last 24 hours, the oldest first; only what has no sums is counted, which is the last ten minutes or so. */
export const READ_EVENT_HOURS = statement<[], EventHourRow>(
  'read_event_hours',
  `with slots as (
     select date_trunc('hour', s.slot, 'UTC') as hour, coalesce(e.counts, ${COUNTED}) as counts
     from generate_series(${DAY_BEGAN}, now(), interval '5 minutes') as s (slot)
     left join auth.event_sums e on e.slot = s.slot
   ), kinds as (
     select s.hour, c.kind, sum(c.events::bigint) as events
     from slots s left join lateral jsonb_each_text(s.counts) as c (kind, events) on true
     group by s.hour, c.kind
   )
   select hour, coalesce(jsonb_object_agg(kind, events) filter (where kind is not null), '{}') as counts
   from kinds group by hour order by hour`,
  { mayReadReplica: true },
)

/** Requests of the last 24 hours that were forbidden, the oldest hour first. */
export const READ_FORBIDDEN_HOURS = statement<[], ForbiddenHourRow>(
  'read_forbidden_hours',
  `select h.hour, coalesce(sum(s.count), 0)::float8 as count
   from ${LAST_DAY} left join auth.decision_sums s on s.hour = h.hour and s.kind = 'forbid'
   group by h.hour order by h.hour`,
  { mayReadReplica: true },
)

/**
 * The latest events of any of these types, the latest first. The bounds of a type and its place in the order leave the
 * index by types alone: of a seldom one the planner would go through all of the day, 1.5 s of 200,000 events.
 */
export const RECENT_EVENTS = statement<[types: readonly string[], since: Date, limit: number], RecentEventRow>(
  'recent_events',
  `select l.id, l.occurred_at, l.event_type, l.result, l.actor_login, l.resource, l.ip_address
   from unnest($1::text[]) as t (event_type) cross join lateral (
     select * from auth.auth_audit_log a
     where a.event_type >= t.event_type and a.event_type <= t.event_type and a.occurred_at >= $2
     order by a.event_type desc, a.occurred_at desc, a.seq desc limit $3
   ) l
   order by l.occurred_at desc, l.seq desc limit $3`,
  { mayReadReplica: true },
)

export const PRUNE_EVENT_SUMS = pruneStatement('prune_event_sums', 'auth.event_sums', 'slot')
