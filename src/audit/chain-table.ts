import { statement } from '../store/statement.ts'
import { MAX_SEQ } from './chain.ts'

/**
 * SHA-256 of every column as one JSON array of texts: the same in every version of PostgreSQL, whatever a session set.
 * @param seq expression for the number it is hashed under
 */
export function rowHash(seq: string): string {
  return `sha256(convert_to(json_build_array(${seq}::text, l.id::text, extract(epoch from l.occurred_at)::text,
    l.event_type, l.action, l.resource, l.result, l.actor_id::text, l.actor_login, l.session_id::text,
    l.ip_address::text, l.user_agent, l.request_id, l.risk_score::text, l.details::text)::text, 'UTF8'))`
}

/** UTC with microseconds, as it is hashed. */
export function utcText(time: string): string {
  return `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}

/** Held until the transaction ends, so that of all processes one makes the next batch. */
export const TRY_SEAL_LOCK = statement<[], { held: boolean }>(
  'try_seal_lock',
  `select pg_try_advisory_xact_lock(7461014) as held`,
)

export interface LastBatchRow {
  number: number
  hash: string
  low: number
  /** When the next one is sealed at the earliest: what came back behind midnight doesn't join a day that has its head. */
  not_before: string
  day: string
  /** Whether the day is over and has no head yet. */
  lacks_head: boolean
}

export const FIND_LAST_BATCH = statement<[], LastBatchRow>(
  'find_last_batch',
  `select number::float8 as number, encode(hash, 'hex') as hash, low::float8 as low, day::text as day,
     ${utcText(`(case when has_head then (day + 1)::timestamp at time zone 'UTC' else sealed_at end)`)} as not_before,
     day < (clock_timestamp() at time zone 'UTC')::date and not has_head as lacks_head
   from auth.audit_batches, lateral (select (sealed_at at time zone 'UTC')::date as day) d,
     lateral (select exists (select from auth.audit_heads h where h.day = d.day) as has_head) h
   order by number desc limit 1`,
)

/** Transactions that may have taken a seq already: whoever adds a row holds this lock from before that until its end. */
export const LIST_WRITERS = statement<[], { writers: string[]; now: string }>(
  'list_writers',
  `select coalesce(array_agg(distinct virtualtransaction order by virtualtransaction), '{}') as writers,
     ${utcText('clock_timestamp()')} as now
   from pg_locks where locktype = 'relation' and mode = 'RowExclusiveLock' and granted
     and relation = 'auth.auth_audit_log'::regclass and pid is distinct from pg_backend_pid()
     and database = (select oid from pg_database where datname = current_database())`,
)

/** Up to where no row can come any more, given who writes now. */
export const FIND_FINAL = statement<[writers: readonly string[]], { seen_to: number }>(
  'find_final',
  `select seen_to::float8 as seen_to from auth.audit_batches where not writers && $1::text[] order by number desc limit 1`,
)

export interface UnsealedRow {
  seq: number
  hash: Buffer
}

/** Rows in no batch, in their order. @param low smallest seq that may be unsealed */
export const LIST_UNSEALED = statement<[low: number, limit: number], UnsealedRow & { highest: number }>(
  'list_unsealed',
  `with sealed as materialized (
     select coalesce(range_agg(part), '{}') as rows from (
       select unnest(rows) as part from auth.audit_batches
       where number > 0 and rows && int8range($1::bigint, null)) parts
   )
   select l.seq::float8 as seq, ${rowHash('l.seq')} as hash,
     (select max(seq) from auth.auth_audit_log where seq <= ${MAX_SEQ})::float8 as highest
   from auth.auth_audit_log l
   where l.seq between $1::bigint and ${MAX_SEQ} and not l.seq <@ (select rows from sealed)
   order by l.seq limit $2`,
)

/**
 * How many rows wait, as far as a million. Rows are renumbered where one that began after the last batch has a number
 * that was there before it: the sequence was set back, and such rows are never sealed.
 */
export const COUNT_UNSEALED = statement<[], { count: number; is_renumbered: boolean }>(
  'count_unsealed',
  `with last as materialized (
     select coalesce(max(low), 0) as low, coalesce(max(seen_to), 0) as seen_to,
       coalesce(max(sealed_at), 'infinity') + interval '1 minute' as since
     from (select * from auth.audit_batches order by number desc limit 1) batch
   ), sealed as materialized (
     select coalesce(range_agg(part), '{}') as rows from (
       select unnest(rows) as part from auth.audit_batches
       where number > 0 and rows && int8range((select low from last), null)) parts
   )
   select count(*)::int as count,
     exists (select from (
       select seq from auth.auth_audit_log where occurred_at > (select since from last)
       order by occurred_at desc, seq desc limit 1000) newest where seq <= (select seen_to from last)) as is_renumbered
   from (
     select from auth.auth_audit_log l
     where l.seq >= (select low from last) and not l.seq <@ (select rows from sealed) limit 1000000) waiting`,
)

export const INSERT_BATCH = statement<
  [
    number: number,
    form: number,
    previousHash: string,
    hash: string,
    rows: string,
    count: number,
    low: number,
    seenTo: number,
    writers: readonly string[],
    rowsHash: string,
    sealedAt: string,
    keyId: number,
    signature: Buffer,
    rowHashes: Buffer,
  ]
>(
  'insert_batch',
  `with batch as (
     insert into auth.audit_batches (number, form, previous_hash, hash, rows, count, low, seen_to, writers, rows_hash,
       sealed_at, key_id, signature)
     values ($1::bigint, $2, decode($3, 'hex'), decode($4, 'hex'), $5::text::int8multirange, $6, $7::bigint, $8::bigint,
       $9::text[], decode($10, 'hex'), $11::text::timestamptz, $12, $13)
     returning number
   )
   insert into auth.audit_row_hashes (number, hashes) select number, $14 from batch`,
)

export const INSERT_HEAD = statement<[day: string, number: number, hash: string, keyId: number, signature: Buffer]>(
  'insert_head',
  `insert into auth.audit_heads (day, number, hash, key_id, signature)
   values ($1::text::date, $2::bigint, decode($3, 'hex'), $4, $5)`,
)
