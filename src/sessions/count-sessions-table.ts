import { statement } from '../store/statement.ts'

/** Sign-ins that count now, and of how many people. */
export const COUNT_VALID_SESSIONS = statement<[], { sessions: number; people: number }>(
  'count_valid_sessions',
  `select coalesce(sum(p.sessions), 0)::int as sessions, count(*)::int as people
   from (select count(*) as sessions from auth.valid_sessions group by user_id) p`,
  { mayReadReplica: true },
)
