import { statement } from '../store/statement.ts'
import { utcText } from './chain-table.ts'
import { EVENT_COLUMNS } from './search-table.ts'
import type { EventRow } from './search-table.ts'

/** One row, by its whole key. */
export const FIND_EVENT = statement<[at: string, seq: string], EventRow>(
  'find_event',
  `select ${EVENT_COLUMNS} from auth.auth_audit_log l
   where l.seq = $2::text::bigint and l.occurred_at = $1::text::timestamptz`,
)

export interface ChainStateRow {
  number: string | null
  sealed_at: string | null
  head_day: string | null
  head_number: string | null
}

/** Where the chain ends, and the last day that has a head; one row of nulls while nothing is sealed. */
export const READ_CHAIN_STATE = statement<[], ChainStateRow>(
  'read_chain_state',
  `select b.number::text as number, ${utcText('b.sealed_at')} as sealed_at, h.day::text as head_day,
     h.number::text as head_number
   from (select 1) one
     left join lateral (select number, sealed_at from auth.audit_batches order by number desc limit 1) b on true
     left join lateral (select day, number from auth.audit_heads order by day desc limit 1) h on true`,
)
