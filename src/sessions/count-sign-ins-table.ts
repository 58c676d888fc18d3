import { statement } from '../store/statement.ts'

/** How many count now. */
export const COUNT_SIGN_INS = statement<[], { count: number }>(
  'count_sign_ins',
  `select count(*)::int as count from auth.valid_sessions`,
  { mayReadReplica: true },
)
