import { statement } from './statement.ts'

/**
 * What differs after a restore, as any role may read it. A dump carries the row along: into another database its oid
 * differs, over the same one the table's, on another server the server's. Going back to a point in time begins a new
 * timeline, which the name of the current WAL file begins with, also before the first checkpoint on it.
 */
export const READ_IDENTITY = statement<[], { identity: string }>(
  'read_identity',
  `select concat_ws('/', i.value, d.oid, i.tableoid, s.system_identifier,
     left(pg_walfile_name(pg_current_wal_lsn()), 8)) as identity
   from auth.database_identity i, pg_database d, pg_control_system() s
   where d.datname = current_database()`,
)
