import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

/** Two processes that write the same do it in one order, so neither waits for the other for ever. */
export const INSERT_FAILED_NAMES = statement<
  [slotMs: readonly number[], networks: readonly string[], subjects: readonly Buffer[]]
>(
  'insert_failed_names',
  `insert into auth.failed_names (slot, network, subject)
   select to_timestamp(given.slot_ms / 1000), given.network, given.subject
   from unnest($1::float8[], $2::text[], $3::bytea[]) as given (slot_ms, network, subject)
   order by 1, 2, 3 on conflict do nothing`,
)

/** Different names by network, and as a star those of all networks together. */
export const COUNT_FAILED_NAMES = statement<[slotMs: number], { network: string; names: number }>(
  'count_failed_names',
  `select case when grouping(network) = 1 then '*' else network end as network, count(distinct subject)::int as names
   from auth.failed_names where slot = to_timestamp($1::float8 / 1000)
   group by grouping sets ((network), ()) having count(*) > 0`,
)

/** The oldest slot that is over and still in single names. */
export const FIND_SLOT_TO_CLOSE = statement<[beforeMs: number], { slot_ms: number }>(
  'find_slot_to_close',
  `select extract(epoch from min(slot))::float8 * 1000 as slot_ms from auth.failed_names
   where slot < to_timestamp($1::float8 / 1000) having min(slot) is not null`,
)

/** What is left of a slot: how many names, in all and for networks that had several. */
export const CLOSE_SLOT = statement<[slotMs: number]>(
  'close_slot',
  `with removed as (
     delete from auth.failed_names where slot = to_timestamp($1::float8 / 1000) returning network, subject
   )
   insert into auth.failed_name_counts (slot, network, names)
   select to_timestamp($1::float8 / 1000), case when grouping(network) = 1 then '*' else network end,
     count(distinct subject)
   from removed group by grouping sets ((network), ()) having grouping(network) = 1 and count(*) > 0
     or count(distinct subject) >= 5
   on conflict (slot, network) do update set names = greatest(failed_name_counts.names, excluded.names)`,
)

/** Counts of slots that are over; slots without failures have none. */
export const LIST_USUAL_NAMES = statement<
  [sinceMs: number, networks: readonly string[]],
  { network: string; names: number }
>(
  'list_usual_names',
  `select network, names from auth.failed_name_counts
   where slot >= to_timestamp($1::float8 / 1000) and network = any ($2::text[])`,
)

export const PRUNE_FAILED_NAME_COUNTS = pruneStatement('prune_failed_name_counts', 'auth.failed_name_counts', 'slot')
