import type { Database } from '../src/store/database.ts'
import { SESSIONS } from './population.ts'

const PAGES_SESSIONS = 100_000
export const AUDIT_ROWS = 1_000_000
const DECISIONS = 100_000
const DAYS = 21

const MORE_SESSIONS = `
  insert into auth.sessions (user_id, session_epoch, factors, idle_timeout, expires_at, ip_address, user_agent, created_at)
  select id, session_epoch, '{"password": 1}', interval '8 hours', now() + interval '24 hours',
    '192.0.2.0'::inet + (row_number() over () % 250), 'Mozilla/5.0 (X11; Linux x86_64) Firefox/149.0',
    now() - (row_number() over () % 28800) * interval '1 second'
  from auth.users, generate_series(1, ${PAGES_SESSIONS - SESSIONS} / (select count(*)::int from auth.users) + 1)
  limit ${PAGES_SESSIONS - SESSIONS}`

/** So many events of three weeks, by everybody in turn. */
export const insertEvents = (rows: number): string => `
  insert into auth.auth_audit_log
    (occurred_at, event_type, action, resource, result, actor_id, actor_login, ip_address, user_agent, request_id, details)
  select now() - (${rows} - i) * (interval '${DAYS} days' / ${rows}),
    (array['sign_in', 'sign_in', 'sign_in', 'sign_out', 'step_up', 'password_changed', 'session_revoked', 'roles_changed'])[1 + i % 8],
    'access', 'user:' || id, case when i % 11 = 0 then 'failure' else 'success' end, id, login,
    '192.0.2.0'::inet + i % 250, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/149.0', 'req-' || i, '{"factor": "password"}'
  from (select id, login, row_number() over ()
    from generate_series(1, ${rows} / (select count(*)::int from auth.users) + 1), auth.users
    limit ${rows}) as turns (id, login, i)`

/** So many refusals of three weeks. */
export const insertRefusals = (rows: number): string => `
  insert into auth.decisions (id, decided_at, kind, reason, sampled, policy_version, app, method, scheme, host, path, client_address, login)
  select substr(md5(i::text), 1, 12), now() - (${rows} - i) * (interval '${DAYS} days' / ${rows}), 'forbid', 'no_rule',
    false, 1, 'app', 'GET', 'https', 'app.example.com', '/private/' || i % 500, '192.0.2.0'::inet + i % 250, 'user' || i % 10000
  from generate_series(1, ${rows}) i on conflict do nothing`

/** Beside `populate`: 100,000 sessions, 1,000,000 events of three weeks, and what was refused meanwhile. */
export async function populateForPages(database: Database): Promise<void> {
  await database.withConnection(async (connection) => {
    for (const script of [MORE_SESSIONS, insertEvents(AUDIT_ROWS), insertRefusals(DECISIONS), 'vacuum analyze'])
      await connection.script(script)
  })
}
