import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

export interface DecisionSumRow {
  user_id: string | null
  /** Null for nobody, and for whoever is gone. */
  login: string | null
  app: string
  kind: string
  count: number
  first_hour: Date
  last_hour: Date
}

/** Adds any number of counts, as one JSON array; in one order, so that two processes never wait for each other. */
export const ADD_DECISION_SUMS = statement<[rows: string]>(
  'add_decision_sums',
  `insert into auth.decision_sums as s (hour, user_id, app, kind, count)
   select to_timestamp(hour_ms / 1000), user_id, app, kind, count
   from jsonb_to_recordset($1::jsonb) as given (hour_ms float8, user_id uuid, app text, kind text, count bigint)
   order by hour_ms, app, kind, user_id
   on conflict (hour, app, kind, coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid))
   do update set count = s.count + excluded.count`,
)

/** By user, app and kind over all hours that were not over `since`; most frequent first. */
export const LIST_DECISION_SUMS = statement<
  [since: Date, login: string | null, app: string | null, limit: number],
  DecisionSumRow
>(
  'list_decision_sums',
  `select s.user_id, u.login, s.app, s.kind, sum(s.count)::float8 as count, min(s.hour) as first_hour,
     max(s.hour) as last_hour
   from auth.decision_sums s left join auth.users u on u.id = s.user_id
   where s.hour > $1::timestamptz - interval '1 hour'
     and ($2::text is null or s.user_id = (select id from auth.users where login = $2::text))
     and ($3::text is null or s.app = $3::text)
   group by s.user_id, u.login, s.app, s.kind
   order by sum(s.count) desc, s.app, s.kind, s.user_id
   limit $4`,
  { mayReadReplica: true },
)

export const PRUNE_DECISION_SUMS = pruneStatement('prune_decision_sums', 'auth.decision_sums', 'hour')
