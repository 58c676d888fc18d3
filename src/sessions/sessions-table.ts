import type { FactorTimes } from '../lib/principal.ts'
import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'
import { shownColumns } from './binding-table.ts'
import type { ShownRow } from './binding-table.ts'

export interface PrincipalRow {
  session_id: string
  user_id: string
  login: string
  email: string
  name: string
  roles: string[]
  /** For how long these are all of them at most, ms from the moment of the read; null where none of them ends. */
  roles_left_ms: number | null
  factors: FactorTimes
  host: string | null
  expires_at: Date
  moved_at?: Date | null
  /** Under which all of the row was read. */
  snapshot: string
}

export interface SignInRow {
  id: string
  login: string
  created_at: Date
  last_seen_at: Date
  expires_at: Date
  ip_address: string | null
  user_agent: string
  /** Whether its cookies outlive the browser's window. */
  remembered: boolean
}

export interface AppTokenRow {
  /** How long the sign-in still lasts where the person chose to be remembered, else null. */
  lasts_ms: number | null
}

export interface EndedRow {
  id: string
  user_id: string
  lasted_seconds: number
}

/** One that nobody ended lasted until it expired or was last in use for long enough. */
const ENDED_COLUMNS = `id, user_id,
  extract(epoch from least(now(), expires_at, last_seen_at + idle_timeout) - created_at)::float8 as lasted_seconds`
/** What somebody may hold by a grant ends at a moment of the database's clock. @param user column with the user's id */
export const rolesOf = (user: string): string =>
  `array(select distinct r.role_name from auth.held_roles r where r.user_id = ${user} order by r.role_name) as roles,
     (select extract(epoch from min(r.ends_at) - now())::float8 * 1000
      from auth.held_roles r where r.user_id = ${user}) as roles_left_ms`
const SIGN_IN_COLUMNS = `id, login, created_at, last_seen_at, expires_at, host(ip_address) as ip_address, user_agent, remembered`

export const FIND_PRINCIPAL = statement<[tokenHash: Buffer], PrincipalRow & ShownRow>(
  'find_principal',
  `select v.id as session_id, v.user_id, v.login, v.email, v.name, t.factors, t.host, v.expires_at, v.moved_at,
     ${shownColumns('v')}, pg_current_snapshot()::text as snapshot,
     ${rolesOf('v.user_id')}
   from auth.session_tokens t join auth.valid_sessions v on v.id = t.session_id
   where t.token_hash = $1`,
)

type NewSignInParams = [
  userId: string,
  sessionEpoch: number,
  factors: string,
  idleMs: number,
  absoluteMs: number,
  address: string | null,
  userAgent: string,
]

/**
 * No row when the user was disabled or changed the password since the epoch was read: the shared lock makes a change
 * under way wait or be waited for, so no sign-in slips past it.
 */
export const INSERT_SIGN_IN = statement<NewSignInParams, { id: string }>(
  'insert_sign_in',
  `with person as (
     select id, session_epoch from auth.users
     where id = $1 and session_epoch = $2 and disabled_at is null for share
   )
   insert into auth.sessions (user_id, session_epoch, factors, idle_timeout, expires_at, ip_address, user_agent)
   select id, session_epoch, $3::jsonb, $4 * interval '1 millisecond', now() + $5 * interval '1 millisecond',
     $6::inet, $7
   from person returning id`,
)

export const INSERT_TOKEN = statement<[tokenHash: Buffer, sessionId: string, host: string | null, factors: string]>(
  'insert_token',
  `insert into auth.session_tokens (token_hash, session_id, host, factors) values ($1, $2, $3, $4::jsonb)`,
)

export const MARK_REMEMBERED = statement<[id: string]>(
  'mark_remembered',
  `update auth.sessions set remembered = true where id = $1`,
)

type NewAppTokenParams = [
  tokenHash: Buffer,
  sessionId: string,
  host: string,
  factors: string,
  keptOfHost: number,
  keptInAll: number,
]

/**
 * No row when the sign-in no longer counts. Older tokens of it go that are more than may be beside the new one; those
 * that another hand-over is removing are left to it, or two could wait for each other.
 */
export const INSERT_APP_TOKEN = statement<NewAppTokenParams, AppTokenRow>(
  'insert_app_token',
  `with valid as (
     select id, case when remembered then extract(epoch from expires_at - now())::float8 * 1000 end as lasts_ms
     from auth.valid_sessions where id = $2
   ), ranked as (
     select token_hash, row_number() over (order by created_at desc) as newer_in_all,
       row_number() over (partition by host order by created_at desc) as newer_of_host, host = $3 as is_same_host
     from auth.session_tokens where session_id = $2 and host is not null
   ), surplus as (
     select t.token_hash from auth.session_tokens t where t.token_hash in (
       select token_hash from ranked where newer_in_all >= $6::int or (is_same_host and newer_of_host >= $5::int)
     ) for update skip locked
   ), removed as (
     delete from auth.session_tokens where token_hash in (select token_hash from surplus)
   ), added as (
     insert into auth.session_tokens (token_hash, session_id, host, factors) select $1, id, $3, $4::jsonb from valid
   )
   select lasts_ms from valid`,
)

export const HOLD_TOKEN = statement<[tokenHash: Buffer], { session_id: string }>(
  'hold_token',
  `select session_id from auth.session_tokens where token_hash = $1 for update`,
)

/** Whoever ends it waits or was waited for, so that what is read of it after this stays so. */
export const LOCK_SIGN_IN = statement<[id: string]>(
  'lock_sign_in',
  `select id from auth.sessions where id = $1 for no key update`,
)

export const FIND_VALID_SIGN_IN = statement<[id: string], { id: string }>(
  'find_valid_sign_in',
  `select id from auth.valid_sessions where id = $1`,
)

/** No row when the sign-in no longer counts. The portal's tokens go but for the new one, the apps' stay as they are. */
export const RAISE_SIGN_IN = statement<[sessionId: string, tokenHash: Buffer, factors: string], AppTokenRow>(
  'raise_sign_in',
  `with valid as (
     select id, case when remembered then extract(epoch from expires_at - now())::float8 * 1000 end as lasts_ms
     from auth.valid_sessions where id = $1
   ), raised as (
     update auth.sessions s set factors = s.factors || $3::jsonb from valid where s.id = valid.id returning s.id
   ), removed as (
     delete from auth.session_tokens t using raised where t.session_id = raised.id and t.host is null
   ), added as (
     insert into auth.session_tokens (token_hash, session_id, host, factors) select $2, id, null, $3::jsonb from raised
   )
   select lasts_ms from valid`,
)

/**
 * Ages in ms, so that the database's clock alone says when; a sign-in that ended meanwhile stays as it is. A row that
 * somebody else is writing is passed over and named: a batch that never waits can't deadlock with another.
 */
export const TOUCH_SIGN_INS = statement<[ids: readonly string[], agesMs: readonly number[]], { id: string }>(
  'touch_sign_ins',
  `with valid as materialized (
     select v.id, given.age_ms
     from unnest($1::uuid[], $2::float8[]) as given (id, age_ms)
     join auth.valid_sessions v on v.id = given.id
   ), seen as (
     select s.id, valid.age_ms from valid join auth.sessions s on s.id = valid.id
     for no key update of s skip locked
   ), written as (
     update auth.sessions s
     set last_seen_at = greatest(s.last_seen_at, now() - seen.age_ms * interval '1 millisecond')
     from seen where s.id = seen.id
     returning s.id
   )
   select id from valid where not exists (select from written where written.id = valid.id)`,
)

export const END_SIGN_IN = statement<[id: string, reason: string], EndedRow & { login: string }>(
  'end_sign_in',
  `update auth.sessions set ended_at = now(), end_reason = $2
   where id = $1 and ended_at is null
   returning ${ENDED_COLUMNS}, (select login from auth.users u where u.id = user_id) as login`,
)

export const END_SIGN_INS_OF_USER = statement<[login: string, reason: string, exceptId: string | null], EndedRow>(
  'end_sign_ins_of_user',
  `update auth.sessions set ended_at = now(), end_reason = $2
   where user_id = (select id from auth.users where login = lower($1)) and ended_at is null
     and id is distinct from $3::uuid
   returning ${ENDED_COLUMNS}`,
)

/** Half-done ones too: whoever ends all sign-ins of somebody wants none to come of a password that was given before. */
export const DROP_HALF_DONE = statement<[login: string]>(
  'drop_half_done',
  `delete from auth.one_time_tokens
   where purpose = 'pending' and details ->> 'userId' = (select id::text from auth.users where login = lower($1))`,
)

export const LIST_SIGN_INS = statement<[login: string | null, limit: number], SignInRow>(
  'list_sign_ins',
  `select ${SIGN_IN_COLUMNS} from auth.valid_sessions
   where $1::text is null or login = $1 order by last_seen_at desc limit $2`,
)

/** Sign-ins that ended or expired, and with them their tokens. */
export const PRUNE_SIGN_INS = pruneStatement('prune_sign_ins', 'auth.sessions', 'coalesce(ended_at, expires_at)')
