import { statement } from './statement.ts'

/** Another primary has another system, a promoted one another timeline; one system holds several databases. */
interface PositionRow {
  position: string
  system: string
  timeline: number
  database: string
}

/**
 * How far the WAL of the primary is on its disk, as all is that it has confirmed, and which one it is; positions as
 * PostgreSQL writes them, such as `0/16B3748`.
 */
export const READ_POSITION = statement<[], PositionRow>(
  'read_position',
  `select pg_current_wal_flush_lsn()::text as position, current_database() as database,
     s.system_identifier::text as system,
     ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline
   from pg_control_system() s`,
)

/** How far a standby has replayed; null where the server is none, be it since it was promoted. */
export const READ_REPLAYED = statement<[], { position: string | null; database: string }>(
  'read_replayed',
  `select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() end::text as position,
     current_database() as database`,
)
