import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'

export interface WrittenEvent {
  seq: string
  event_type: string
  action: string
  result: string
  actor_login: string | null
  resource: string | null
  has_session: boolean
  address: string | null
  request_id: string | null
  details: Readonly<Record<string, unknown>>
}

const AFTER = statement<[seq: string], WrittenEvent>(
  'after',
  `select seq::text, event_type, action, result, actor_login, resource, session_id is not null as has_session,
     host(ip_address) as address, request_id, details
   from auth.auth_audit_log l where l.seq > $1::bigint order by l.seq`,
)

/** Gives what was written since the last call, oldest first. */
export function followEvents(database: Database): () => Promise<readonly WrittenEvent[]> {
  let last = '0'
  return async () => {
    const rows = await database.query(AFTER, last)
    last = rows.at(-1)?.seq ?? last
    return rows
  }
}
