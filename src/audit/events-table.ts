import { statement } from '../store/statement.ts'

export const INSERT_EVENT = statement<
  [
    type: string,
    result: string,
    actorId: string | null,
    actorLogin: string | null,
    sessionId: string | null,
    resource: string | null,
    address: string | null,
    userAgent: string,
    riskScore: number | null,
    details: string,
  ]
>(
  'insert_event',
  `insert into auth.auth_audit_log
   (event_type, result, actor_id, actor_login, session_id, resource, ip_address, user_agent, risk_score, details)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)`,
)
