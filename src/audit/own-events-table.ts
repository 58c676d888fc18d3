import { statement } from '../store/statement.ts'
import { EVENT_COLUMNS } from './search-table.ts'
import type { EventRow } from './search-table.ts'

/** Of a plain actor and of what was done to somebody each an index gives the latest; the few of both are merged. */
const LATEST = `l.occurred_at >= $3::timestamptz and l.occurred_at <= $4::timestamptz
       and (l.occurred_at, l.seq) < ($4::timestamptz, $5::bigint)
     order by l.occurred_at desc, l.seq desc limit $6`

export const LIST_OWN_EVENTS = statement<
  [userId: string, resource: string, since: string, beforeAt: string, beforeSeq: string, limit: number],
  EventRow
>(
  'list_own_events',
  `select * from (
     (select ${EVENT_COLUMNS} from auth.auth_audit_log l where l.actor_id = $1 and ${LATEST})
     union all
     (select ${EVENT_COLUMNS} from auth.auth_audit_log l
      where l.resource = $2 and l.actor_id is distinct from $1 and ${LATEST})
   ) l order by l.occurred_at desc, l.seq::bigint desc limit $6`,
  { mayReadReplica: true },
)
