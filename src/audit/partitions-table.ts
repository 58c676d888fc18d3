import { statement } from '../store/statement.ts'
import { utcText } from './chain-table.ts'

export const MAKE_PARTITIONS = statement<[], { made: number }>(
  'make_partitions',
  `select auth.make_audit_partitions() as made`,
)

export interface DroppedRow {
  removed_at: string
  before: string | null
  removed_to: number
  kept: string
  row_count: number
  partitions: string[]
}

export const DROP_PARTITIONS = statement<[keepDays: number], DroppedRow>(
  'drop_partitions',
  `select ${utcText('clock_timestamp()')} as removed_at, ${utcText('before')} as before,
     removed_to::float8 as removed_to, kept::text as kept, row_count::float8 as row_count, partitions
   from auth.drop_audit_partitions($1)`,
)

export const INSERT_REMOVAL = statement<
  [
    removedAt: string,
    before: string,
    removedTo: number,
    kept: string,
    rowCount: number,
    partitions: readonly string[],
    keyId: number,
    signature: Buffer,
  ]
>(
  'insert_removal',
  `insert into auth.audit_removals (removed_at, before, removed_to, kept, row_count, partitions, key_id, signature)
   values ($1::text::timestamptz, $2::text::timestamptz, $3::bigint, $4::text::int8multirange, $5::bigint, $6::text[], $7, $8)`,
)
