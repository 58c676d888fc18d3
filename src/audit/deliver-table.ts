import { statement } from '../store/statement.ts'
import { EVENT_COLUMNS } from './search-table.ts'
import type { EventRow } from './search-table.ts'

/** A sink that is new begins with what is written from now on. */
export const ADD_SINK = statement<[sink: string]>(
  'add_sink',
  `insert into auth.audit_deliveries (sink, next_batch)
   select $1, coalesce(max(number), 0) + 1 from auth.audit_batches on conflict (sink) do nothing`,
)

/** Where the oldest batch that a sink lacks was sealed: of the table `d`. */
const WAITING = `left join lateral (
     select sealed_at from auth.audit_batches where number >= d.next_batch order by number limit 1
   ) b on true`

export interface SinkRow {
  sink: string
  next_batch: string
  /** How often in a row it failed. */
  attempts: number
  last_error: string | null
  delivered_at: Date | null
  /** Whether there is a batch that the sink lacks. */
  waits: boolean
  /** Seconds since the oldest one was sealed that the sink lacks; 0 where it has all, or clocks differ. */
  age_s: number
}

const SINK = `select d.sink, d.next_batch::text as next_batch, d.attempts, d.last_error, d.delivered_at,
     b.sealed_at is not null as waits,
     greatest(0, coalesce(extract(epoch from clock_timestamp() - b.sealed_at), 0))::float8 as age_s
   from auth.audit_deliveries d ${WAITING}`

export const FIND_SINK = statement<[sink: string], SinkRow>('find_sink', `${SINK} where d.sink = $1`)

export const LIST_SINKS = statement<[], SinkRow>('list_sinks', `${SINK} order by d.sink`)

/** None waits or leases for longer: what is further off was noted by a clock that was wrong. */
const AT_MOST = `clock_timestamp() + interval '10 minutes'`

/** Makes one process the sender for as long as the lease, if anything is due; none where another one is it. */
export const HOLD_SINK = statement<
  [sink: string, holder: string, leaseMs: number],
  { next_batch: string; after_seq: string; attempts: number }
>(
  'hold_sink',
  `update auth.audit_deliveries d set holder = $2, held_until = clock_timestamp() + $3 * interval '1 millisecond'
   where sink = $1 and next_attempt_at not between clock_timestamp() and ${AT_MOST}
     and (held_until not between clock_timestamp() and ${AT_MOST} or holder = $2)
     and exists (select from auth.audit_batches where number >= d.next_batch)
   returning next_batch::text, after_seq::text, attempts`,
)

export const FIND_BATCH = statement<[number: string], { number: string }>(
  'find_batch',
  `select b.number::text as number from auth.audit_batches b where b.number >= $1::bigint order by b.number limit 1`,
)

/** What a batch holds, in writing order, behind a row. */
export const LIST_BATCH = statement<[number: string, afterSeq: string, limit: number], EventRow>(
  'list_batch',
  `select ${EVENT_COLUMNS}
   from auth.audit_batches b join auth.auth_audit_log l
     on l.seq >= lower(b.rows) and l.seq < upper(b.rows) and l.seq > $2::bigint and l.seq <@ b.rows
   where b.number = $1::bigint order by l.seq limit $3`,
)

/** Notes how far the sink has come, for who still holds it. */
export const MOVE_ON = statement<
  [sink: string, holder: string, nextBatch: string, afterSeq: string, leaseMs: number],
  { sink: string }
>(
  'move_on',
  `update auth.audit_deliveries
   set next_batch = $3, after_seq = $4, attempts = 0, last_error = null, delivered_at = clock_timestamp(),
     held_until = clock_timestamp() + $5 * interval '1 millisecond'
   where sink = $1 and holder = $2 returning sink`,
)

export const POSTPONE_SINK = statement<[sink: string, holder: string, waitMs: number, error: string]>(
  'postpone_sink',
  `update auth.audit_deliveries
   set attempts = attempts + 1, next_attempt_at = clock_timestamp() + $3 * interval '1 millisecond', last_error = $4,
     holder = null, held_until = '-infinity'
   where sink = $1 and holder = $2`,
)

export const LET_GO = statement<[sink: string, holder: string]>(
  'let_go',
  `update auth.audit_deliveries set holder = null, held_until = '-infinity' where sink = $1 and holder = $2`,
)

/** Has a sink, or all of them, begin with the first batch that was sealed then or later. */
export const DELIVER_FROM = statement<[sink: string | null, from: string], { sink: string; next_batch: string }>(
  'deliver_from',
  `update auth.audit_deliveries
   set next_batch = coalesce((select min(number) from auth.audit_batches where sealed_at >= $2::timestamptz),
       (select coalesce(max(number), 0) + 1 from auth.audit_batches)),
     after_seq = 0, attempts = 0, next_attempt_at = now(), last_error = null, holder = null, held_until = '-infinity'
   where $1::text is null or sink = $1 returning sink, next_batch::text`,
)
