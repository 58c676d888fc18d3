import { statement } from '../store/statement.ts'
import { rowHash, utcText } from './chain-table.ts'

export interface ChainEndRow {
  number: number
  hash: string
}

export const FIND_CHAIN_END = statement<[], ChainEndRow & { rows: number }>(
  'find_chain_end',
  `select coalesce((select max(number) from auth.audit_batches), 0)::float8 as number,
     coalesce((select encode(hash, 'hex') from auth.audit_batches order by number desc limit 1), '') as hash,
     coalesce((select max(seq) from auth.auth_audit_log), 0)::float8 as rows`,
)

export interface BatchRow {
  number: number
  form: number
  previous_hash: string
  hash: string
  rows: string
  count: number
  low: number
  seen_to: number
  writers: string[]
  rows_hash: string
  sealed_at: string
  /** Seconds since 1970. */
  sealed_s: number
  key_id: number
  signature: string
  /** Base64; null once it went with its rows. */
  row_hashes: string | null
}

/** So few that those of the largest batches are 6 MiB. */
export const BATCHES_A_PAGE = 20

export const LIST_BATCHES = statement<[after: number, upTo: number], BatchRow>(
  'list_batches',
  `select number::float8 as number, form, encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash,
     rows::text as rows, count, low::float8 as low, seen_to::float8 as seen_to, writers,
     encode(rows_hash, 'hex') as rows_hash, ${utcText('sealed_at')} as sealed_at,
     extract(epoch from sealed_at)::float8 as sealed_s, key_id, encode(signature, 'base64') as signature,
     (select encode(hashes, 'base64') from auth.audit_row_hashes h where h.number = b.number) as row_hashes
   from auth.audit_batches b where number > $1::bigint and number <= $2::bigint order by number limit ${BATCHES_A_PAGE}`,
)

export interface LogRow {
  seq: number
  hash: string
  /** Seconds since 1970. */
  at: number
}

export const ROWS_A_PAGE = 5_000

export const LIST_ROWS = statement<[after: number], LogRow>(
  'list_rows',
  `select l.seq::float8 as seq, encode(${rowHash('l.seq')}, 'hex') as hash,
     extract(epoch from l.occurred_at)::float8 as at
   from auth.auth_audit_log l where l.seq > least($1::numeric, 9223372036854775807)::bigint order by l.seq limit ${ROWS_A_PAGE}`,
)

export interface NamedRow {
  seq: number
  id: string
  event_type: string
  occurred_at: string
}

export const NAME_ROWS = statement<[seqs: readonly number[]], NamedRow>(
  'name_rows',
  `select seq::float8 as seq, id, event_type, ${utcText('occurred_at')} as occurred_at
   from auth.auth_audit_log where seq = any ($1::bigint[]) order by seq`,
)

/** Hash that each row would have if its number were another: tells rows that changed places. */
export const HASH_ROWS_AS = statement<
  [seqs: readonly number[], as: readonly number[]],
  { seq: number; as_seq: number; hash: string }
>(
  'hash_rows_as',
  `select l.seq::float8 as seq, n::float8 as as_seq, encode(${rowHash('n')}, 'hex') as hash
   from auth.auth_audit_log l, unnest($2::bigint[]) n where l.seq = any ($1::bigint[])`,
)

export interface HeadRow {
  day: string
  number: number
  hash: string
  key_id: number
  signature: string
}

export const LIST_HEADS = statement<[after: string], HeadRow>(
  'list_heads',
  `select day::text as day, number::float8 as number, encode(hash, 'hex') as hash, key_id,
     encode(signature, 'base64') as signature
   from auth.audit_heads where day > $1::text::date order by day limit 1000`,
)

export interface RemovalRow {
  removed_at: string
  before: string
  removed_to: number
  kept: string
  row_count: number
  partitions: string[]
  key_id: number
  signature: string
}

export const LIST_REMOVALS = statement<[], RemovalRow>(
  'list_removals',
  `select ${utcText('removed_at')} as removed_at, ${utcText('before')} as before, removed_to::float8 as removed_to,
     kept::text as kept, row_count::float8 as row_count, partitions, key_id, encode(signature, 'base64') as signature
   from auth.audit_removals order by removed_at desc limit 1000`,
)
