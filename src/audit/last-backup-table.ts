import { statement } from '../store/statement.ts'

/** How long ago the last backup was made, in seconds; null where none was. */
export const READ_BACKUP_AGE = statement<[], { age_seconds: number | null }>(
  'read_backup_age',
  `select extract(epoch from now() - max(occurred_at))::float8 as age_seconds
   from auth.auth_audit_log where event_type = 'backup_made'`,
)
