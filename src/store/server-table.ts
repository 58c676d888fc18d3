import { statement } from './statement.ts'

/** What a server tells of itself on a connection. */
export interface ServerRow {
  in_recovery: boolean
  read_only: boolean
  /** Another for each cluster of databases that was ever made; its standbys share it. */
  system: string
  /** Rises by each promotion and each recovery to a point in time. */
  timeline: number
}

/**
 * A standby tells the timeline of its last restart point; a primary that of the WAL which it writes, since its own
 * control file still names the old one until the first checkpoint after a promotion.
 */
export const READ_SERVER = statement<[], ServerRow>(
  'read_server',
  `select pg_is_in_recovery() as in_recovery, current_setting('transaction_read_only') = 'on' as read_only,
     s.system_identifier::text as system,
     case when pg_is_in_recovery() then c.timeline_id
       else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline
   from pg_control_system() s, pg_control_checkpoint() c`,
)

/** What every server tells, also those whose owners don't let anybody ask for more. */
export const READ_SERVER_ROLE = statement<[], Pick<ServerRow, 'in_recovery' | 'read_only'>>(
  'read_server_role',
  `select pg_is_in_recovery() as in_recovery, current_setting('transaction_read_only') = 'on' as read_only`,
)
