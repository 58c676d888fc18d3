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
    action: string,
    requestId: string | null,
  ]
>(
  'insert_event',
  `insert into auth.auth_audit_log
   (event_type, result, actor_id, actor_login, session_id, resource, ip_address, user_agent, risk_score, details, action,
     request_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12)`,
)
