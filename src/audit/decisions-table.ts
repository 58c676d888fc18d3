import { PRUNE_BATCH } from '../store/prune-table.ts'
import type { PruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

export interface DecisionRow {
  id: string
  decided_at: Date
  kind: string
  reason: string | null
  sampled: boolean
  policy_version: number
  app: string | null
  named_app: string | null
  rule: number | null
  method: string | null
  scheme: string | null
  host: string | null
  path: string | null
  path_is_cut: boolean
  reading: string | null
  times: number
  last_at: Date
  client_address: string | null
  user_id: string | null
  login: string | null
  roles: string[]
  factor_ages: number[]
}

/** More are removed, the oldest first (DESIGN 5a). */
const DECISIONS_KEPT = 100_000

const FACTS = `kind, reason, sampled, policy_version, app, named_app, rule, method, scheme, host, path, path_is_cut,
  reading, client_address, user_id, login, roles, factor_ages`
const DECISION_COLUMNS = `id, decided_at, ${FACTS.replace('client_address', 'host(client_address) as client_address')},
  times::float8 as times, last_at`

/**
 * Any number of them as one JSON array, with the age of each in ms: the clock is the database's. Times are whole
 * milliseconds, as programs read them back. One that is there already only counts more; its times are the whole of them,
 * so that what is written twice counts once.
 */
export const WRITE_DECISIONS = statement<[rows: string]>(
  'write_decisions',
  `insert into auth.decisions as d (id, decided_at, last_at, times, ${FACTS})
   select id, date_trunc('milliseconds', now() - age_ms * interval '1 millisecond'),
     date_trunc('milliseconds', now() - last_age_ms * interval '1 millisecond'), times, ${FACTS}
   from jsonb_to_recordset($1::jsonb) as given (
     id text, age_ms float8, last_age_ms float8, times bigint, kind text, reason text, sampled boolean,
     policy_version integer, app text, named_app text, rule integer, method text, scheme text, host text, path text,
     path_is_cut boolean, reading text, client_address inet, user_id uuid, login text, roles text[],
     factor_ages integer[])
   on conflict (id) do update set times = excluded.times, last_at = excluded.last_at where d.times < excluded.times`,
)

export const FIND_DECISION = statement<[id: string], DecisionRow>(
  'find_decision',
  `select ${DECISION_COLUMNS} from auth.decisions where id = $1`,
)

/** From the newest backwards, beginning after one that was read already. */
export const LIST_DECISIONS = statement<[before: Date, beforeId: string, limit: number], DecisionRow>(
  'list_decisions',
  `select ${DECISION_COLUMNS} from auth.decisions where (decided_at, id) < ($1, $2)
   order by decided_at desc, id desc limit $3`,
  { mayReadReplica: true },
)

/** Refusals from the newest backwards, as `LIST_DECISIONS`, narrowed down by what isn't null. */
export const LIST_REFUSALS = statement<
  [before: Date, beforeId: string, limit: number, since: Date, login: string | null, app: string | null],
  DecisionRow
>(
  'list_refusals',
  `select ${DECISION_COLUMNS} from auth.decisions where (decided_at, id) < ($1, $2) and last_at >= $4
   and kind not in ('allow', 'sign_in') and ($5::text is null or login = $5::text)
   and ($6::text is null or app = $6::text) order by decided_at desc, id desc limit $3`,
  { mayReadReplica: true },
)

/** Removes what is too old and what there is too much of. */
export const PRUNE_DECISIONS: PruneStatement = statement(
  'prune_decisions',
  `with removed as (
     delete from auth.decisions where ctid = any (array(
       select ctid from auth.decisions where decided_at < greatest(
         now() - $1 * interval '1 millisecond',
         (select decided_at from auth.decisions order by decided_at desc offset ${DECISIONS_KEPT - 1} limit 1)
       )
       order by decided_at limit ${PRUNE_BATCH}
     )) returning 1
   )
   select count(*)::int as removed from removed`,
)
