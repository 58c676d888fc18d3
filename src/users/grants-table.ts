import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

export interface GrantRow {
  id: string
  user_id: string
  login: string
  role: string
  reason: string
  /** Login, or the name of an operator at a shell. */
  granted_by: string
  created_at: Date
  ends_at: Date
  revoked_at: Date | null
  revoked_by: string | null
  /** Whether it gives the role now. */
  holds: boolean
  /** When it was made, to the microsecond, as a cursor takes it. */
  made_at: string
}

const COLUMNS = `g.id, g.user_id, u.login, g.role_name as role, g.reason, g.granted_by, g.created_at, g.ends_at, g.revoked_at,
  g.revoked_by, g.revoked_at is null and now() < g.ends_at as holds,
  to_char(g.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as made_at`

/** No row where the user has as many open ones as anybody may. Call it with the user locked. */
export const INSERT_GRANT = statement<
  [userId: string, role: string, reason: string, grantedBy: string, endsAt: Date, most: number],
  { id: string }
>(
  'insert_grant',
  `insert into auth.grants (user_id, role_name, reason, granted_by, ends_at)
   select $1, $2, $3, $4, $5
   where (select count(*) from auth.grants where user_id = $1 and revoked_at is null and now() < ends_at) < $6::int
   returning id`,
)

export const FIND_GRANT = statement<[id: string], GrantRow>(
  'find_grant',
  `select ${COLUMNS} from auth.grants g join auth.users u on u.id = g.user_id where g.id = $1`,
)

/** No row for one that is over already. */
export const REVOKE_GRANT = statement<[id: string, revokedBy: string], { id: string }>(
  'revoke_grant',
  `update auth.grants set revoked_at = now(), revoked_by = $2, closed_at = now()
   where id = $1 and revoked_at is null and now() < ends_at returning id`,
)

type Filter = [login: string | null, role: string | null, holds: boolean | null]

/** The latest first. */
export const PAGE_GRANTS = statement<[...Filter, madeAt: string, id: string, limit: number], GrantRow>(
  'page_grants',
  `select ${COLUMNS} from auth.grants g join auth.users u on u.id = g.user_id
   where ($1::text is null or u.login = $1) and ($2::text is null or g.role_name = $2)
     and ($3::boolean is null or $3 = (g.revoked_at is null and now() < g.ends_at))
     and g.created_at <= $4::timestamptz and (g.created_at, g.id) < ($4::timestamptz, $5::uuid)
   order by g.created_at desc, g.id desc limit $6`,
)

/** Those that ended by themselves and of which nobody has told yet; one of all processes takes each. */
export const CLOSE_GRANTS = statement<[limit: number], Pick<GrantRow, 'id' | 'user_id' | 'login' | 'role'>>(
  'close_grants',
  `with over as (
     select id from auth.grants where closed_at is null and ends_at <= now()
     order by ends_at limit $1 for update skip locked
   )
   update auth.grants g set closed_at = now()
   from over, auth.users u where g.id = over.id and u.id = g.user_id
   returning g.id, g.user_id, u.login, g.role_name as role`,
)

/** Who may sign in, by role. */
export const COUNT_ROLE_HOLDERS = statement<[], { role: string; holders: number; granted: number }>(
  'count_role_holders',
  `select h.role_name as role, count(*) filter (where h.ends_at is null)::int as holders,
     count(distinct h.user_id) filter (where h.ends_at is not null)::int as granted
   from auth.held_roles h join auth.users u on u.id = h.user_id
   where u.disabled_at is null group by h.role_name`,
  { mayReadReplica: true },
)

export const PRUNE_GRANTS = pruneStatement('prune_grants', 'auth.grants', 'least(ends_at, revoked_at)')
