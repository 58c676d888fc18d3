import { statement } from '../store/statement.ts'

/** A role that is held for good has no end, whatever was granted besides. */
export const LIST_HELD_ROLES = statement<[userId: string], { role_name: string; ends_at: Date | null }>(
  'list_held_roles',
  `select role_name, case when bool_or(ends_at is null) then null else max(ends_at) end as ends_at
   from auth.held_roles where user_id = $1 group by role_name order by role_name`,
)

/** Of several people at once; nobody is there who has none. */
export const LIST_ROLES_OF_LOGINS = statement<[logins: readonly string[]], { login: string; roles: string[] }>(
  'list_roles_of_logins',
  `select u.login, array_agg(distinct h.role_name) as roles
   from auth.users u join auth.held_roles h on h.user_id = u.id where u.login = any ($1::text[]) group by u.login`,
)
