import { pruneStatement } from './prune-table.ts'
import { statement } from './statement.ts'

export type ChangeKind = 'user' | 'session' | 'policy' | 'keys'

/** One change, or a row of nulls that brings nothing but the cursor. */
export interface ChangeRow {
  id: string | null
  xid: string | null
  kind: ChangeKind | null
  user_id: string | null
  session_id: string | null
  /** Seconds since the transaction began that made it. */
  age_seconds: number | null
  cursor: string
  /** Names the server's life: another after a start, and after a crash that it recovered from without one. */
  server: string
  in_recovery: boolean
}

/**
 * When the server was started and, since one whose process was killed recovers without a start, when it began to count.
 * Before version 15 that stands in a file which a read may have to wait for, so there such a recovery isn't noticed.
 */
const SERVER = `extract(epoch from pg_postmaster_start_time())::text || case
    when current_setting('server_version_num')::int >= 150000
    then coalesce(' ' || extract(epoch from pg_stat_get_bgwriter_stat_reset_time()), '') else ''
  end as server, pg_is_in_recovery() as in_recovery`

/** Rings the bell in the same transaction; many changes of one transaction ring once. */
export const INSERT_CHANGE = statement<[kind: ChangeKind, userId: string | null, sessionId: string | null]>(
  'insert_change',
  `insert into auth.changes (kind, user_id, session_id)
   select $1, $2, $3 from pg_notify('postern_changes', '')`,
)

/**
 * Changes from a cursor on, and the next cursor, both of one snapshot. A transaction that is still under way lies at
 * or behind that cursor, so it is read once it has committed; some rows come twice.
 */
export const READ_CHANGES = statement<[cursor: string], ChangeRow>(
  'read_changes',
  `select c.id, c.xid::text as xid, c.kind, c.user_id, c.session_id,
     extract(epoch from clock_timestamp() - c.created_at)::float8 as age_seconds, s.cursor, s.server, s.in_recovery
   from (
     select pg_snapshot_xmin(pg_current_snapshot())::text as cursor, ${SERVER}
   ) s
   left join auth.changes c on c.xid >= $1::xid8
   order by c.id`,
)

/** Where a process begins that has nothing in memory yet. */
export const READ_CURSOR = statement<[], { cursor: string; server: string; in_recovery: boolean }>(
  'read_cursor',
  `select pg_snapshot_xmin(pg_current_snapshot())::text as cursor, ${SERVER}`,
)

export const PRUNE_CHANGES = pruneStatement('prune_changes', 'auth.changes', 'created_at')
