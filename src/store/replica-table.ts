import { statement } from './statement.ts'

/**
 * How far the WAL of the primary is on its disk, as all is that it has confirmed, and which one it is; positions as
 * PostgreSQL writes them, such as `0/16B3748`.
 */
export const READ_POSITION = statement<[], { position: string; system: string; timeline: number }>(
  'read_position',
  `select pg_current_wal_flush_lsn()::text as position, s.system_identifier::text as system,
     ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline
   from pg_control_system() s`,
)

/** How far a standby has replayed; null where the server is none. */
export const READ_REPLAYED = statement<[], { position: string | null }>(
  'read_replayed',
  `select pg_last_wal_replay_lsn()::text as position`,
)
