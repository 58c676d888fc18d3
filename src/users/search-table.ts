import { statement } from '../store/statement.ts'
import { USER_COLUMNS } from './users-table.ts'
import type { UserRow } from './users-table.ts'

/** Who is looked for; what is null isn't asked. */
type Filter = [role: string | null, state: string | null]
/** What begins so lies between these two. */
type Range = [first: string, beyond: string]

const FILTERS = `($1::text is null or u.id in (select h.user_id from auth.held_roles h where h.role_name = $1::text))
  and ($2::text is null or $2::text = case when u.disabled_at is not null then 'disabled'
    when u.password_hash is null then 'no_password' else 'active' end)`
/** By bytes, as the indexes are: `like` with a parameter would find none. */
const IN_RANGE = `((u.login ~>=~ $3 and u.login ~<~ $4) or (u.email ~>=~ $3 and u.email ~<~ $4)
    or (lower(u.name) ~>=~ $3 and lower(u.name) ~<~ $4))`

export const PAGE_USERS = statement<[...Filter, after: string, limit: number], UserRow>(
  'page_users',
  `select ${USER_COLUMNS} from auth.users u where ${FILTERS} and u.login > $3 order by u.login limit $4`,
  { mayReadReplica: true },
)

export const COUNT_USERS_PAGED = statement<Filter, { count: number }>(
  'count_users_paged',
  `select count(*)::int as count from auth.users u where ${FILTERS}`,
  { mayReadReplica: true },
)

export const SEARCH_USERS = statement<[...Filter, ...Range, after: string, limit: number], UserRow>(
  'search_users',
  `select ${USER_COLUMNS} from auth.users u where ${FILTERS} and ${IN_RANGE} and u.login > $5
   order by u.login limit $6`,
  { mayReadReplica: true },
)

export const COUNT_USERS_FOUND = statement<[...Filter, ...Range], { count: number }>(
  'count_users_found',
  `select count(*)::int as count from auth.users u where ${FILTERS} and ${IN_RANGE}`,
  { mayReadReplica: true },
)
