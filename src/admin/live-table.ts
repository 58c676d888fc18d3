import { statement } from '../store/statement.ts'

export interface HappenedRow {
  seq: string
  occurred_at: Date
  event_type: string
  result: string
  actor_login: string | null
  resource: string | null
}

export interface RefusalRow {
  id: string
  decided_at: Date
  kind: string
  reason: string | null
  app: string | null
  login: string | null
}

export interface StandingRow {
  id: string
  roles: string[]
  /** Of an API token, what it may ask for; null for a sign-in. */
  api: string[] | null
  is_token: boolean
}

/** Events of the last seconds, the latest first: transactions commit in another order than they begin. */
export const READ_HAPPENED = statement<[seconds: number, limit: number], HappenedRow>(
  'read_happened',
  `select seq::text as seq, occurred_at, event_type, result, actor_login, resource from auth.auth_audit_log
   where occurred_at > now() - $1 * interval '1 second'
   order by occurred_at desc, seq desc limit $2`,
)

/** Refusals of the last seconds, the latest first. */
export const READ_REFUSED = statement<[seconds: number, limit: number], RefusalRow>(
  'read_refused',
  `select id, decided_at, kind, reason, app, login from auth.decisions
   where decided_at > now() - $1 * interval '1 second' and kind not in ('allow', 'sign_in')
   order by decided_at desc, id desc limit $2`,
)

/** Which of these sign-ins and API tokens count now, and what their owners hold. Looking is no use of them. */
export const READ_STANDING = statement<[ids: readonly string[]], StandingRow>(
  'read_standing',
  `select v.id, array(select distinct h.role_name from auth.held_roles h where h.user_id = v.user_id) as roles,
     null::text[] as api, false as is_token
   from auth.valid_sessions v where v.id = any ($1::uuid[])
   union all
   select t.id, array(select distinct h.role_name from auth.held_roles h where h.user_id = t.user_id) as roles,
     coalesce(t.api, '{}') as api, true as is_token
   from auth.valid_api_tokens t where t.id = any ($1::uuid[])`,
)
