import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'

/** What a test writes into the log; the rest is as the database makes it. */
export interface GivenRow {
  readonly at: string
  readonly type: string
  readonly action?: string | null
  readonly resource?: string | null
  readonly result: string
  readonly actorId?: string | null
  readonly login?: string | null
  readonly sessionId?: string | null
  readonly address?: string | null
  readonly userAgent?: string
  readonly requestId?: string | null
  readonly risk?: number | null
  readonly details?: object
}

const WRITE_ROWS = statement<[rows: string], { seq: string }>(
  'write_rows',
  `insert into auth.auth_audit_log (occurred_at, event_type, action, resource, result, actor_id, actor_login, session_id,
     ip_address, user_agent, request_id, risk_score, details)
   select "at", "type", action, resource, result, "actorId", login, "sessionId", address, coalesce("userAgent", ''),
     "requestId", risk, coalesce(details, '{}')
   from rows from (jsonb_to_recordset($1::jsonb) as ("at" timestamptz, "type" text, action text, resource text,
     result text, "actorId" uuid, login text, "sessionId" uuid, address inet, "userAgent" text, "requestId" text,
     risk smallint, details jsonb)) with ordinality as given order by ordinality
   returning seq::text`,
)
const FILL = statement<[count: number]>(
  'fill',
  `insert into auth.auth_audit_log
     (occurred_at, event_type, resource, result, actor_id, actor_login, ip_address, user_agent, request_id, details)
   select now() - n * interval '1 second', (array['sign_in', 'sign_out', 'step_up', 'user_changed', 'roles_changed'])[1 + n % 5],
     'user:person' || n % 997, case n % 10 when 0 then 'failure' else 'success' end,
     ('00000000-0000-4000-8000-' || lpad(to_hex(n % 1009), 12, '0'))::uuid, 'person' || n % 1009,
     '10.0.0.0'::inet + n % 3001, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
     'request-' || n, jsonb_build_object('factor', 'password', 'reasons', array['new_network', 'new_device'])
   from generate_series(1, $1) n`,
)
const ANALYZE = statement<[]>('analyze', 'analyze auth.auth_audit_log')

/** Writes rows in their order. @returns their places in the log */
export async function writeRows(database: Database, rows: readonly GivenRow[]): Promise<string[]> {
  return (await database.query(WRITE_ROWS, JSON.stringify(rows))).map(({ seq }) => seq)
}

/** Many rows, one a second back from now, and the planner knows of them. */
export async function fillLog(database: Database, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 100_000) await database.query(FILL, Math.min(left, 100_000))
  await database.query(ANALYZE)
}
