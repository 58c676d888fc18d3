import { setting } from './setting.ts'
import { duration, wholeNumber, yesNo } from './values.ts'

/** How PostgreSQL is used. */
export const DATABASE_SETTINGS = {
  databasePool: setting(
    'POSTERN_DATABASE_POOL',
    wholeNumber(1, 500),
    '25',
    'Most connections to PostgreSQL on this machine, shared out over its workers; each worker has one more to hear of changes.',
  ),
  databaseReadLag: setting(
    'POSTERN_DATABASE_READ_LAG',
    duration(1_000, 300_000),
    '10s',
    'A standby of POSTERN_DATABASE_READ_URL that is further behind is not asked, and health says so.',
  ),
  preparedStatements: setting(
    'POSTERN_PREPARED_STATEMENTS',
    yesNo,
    'yes',
    'Prepare statements by name. Say no behind a pooler such as PgBouncer that does not keep them.',
  ),
} as const
