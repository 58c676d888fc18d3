import { statement } from '../store/statement.ts'

/** Sign-ins that count now, and of how many people. */
export const COUNT_VALID_SESSIONS = statement<[], { sessions: number; people: number }>(
  'count_valid_sessions',
  `select count(*)::int as sessions, count(distinct user_id)::int as people from auth.valid_sessions`,
)
