import { statement } from '../store/statement.ts'
import type { SignInRow } from './sessions-table.ts'

export interface PagedSignInRow extends SignInRow {
  user_id: string
  /** When it began, to the microsecond, as a cursor takes it. */
  began_at: string
}

type Filter = [login: string | null, network: string | null]
type After = [beganAt: string, id: string, limit: number]

const FILTERS = `($1::text is null or login = $1) and ($2::text is null or ip_address <<= $2::inet)`

/** Those that count now, the latest first: unlike last use, that order stays while somebody turns pages. */
export const PAGE_SIGN_INS = statement<[...Filter, ...After], PagedSignInRow>(
  'page_sign_ins',
  `select id, user_id, login, created_at, last_seen_at, expires_at, host(ip_address) as ip_address, user_agent,
     remembered, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as began_at
   from auth.valid_sessions
   where ${FILTERS} and created_at <= $3::timestamptz and (created_at, id) < ($3::timestamptz, $4::uuid)
   order by created_at desc, id desc limit $5`,
  { isPlannedAnew: true, mayReadReplica: true },
)

export const FIND_SIGN_IN = statement<[id: string], { user_id: string; login: string }>(
  'find_sign_in',
  `select user_id, login from auth.valid_sessions where id = $1`,
)
