import { statement } from '../store/statement.ts'

/** A role that is held for good has no end, whatever was granted besides. */
export const LIST_HELD_ROLES = statement<[userId: string], { role_name: string; ends_at: Date | null }>(
  'list_held_roles',
  `select role_name, case when bool_or(ends_at is null) then null else max(ends_at) end as ends_at
   from auth.held_roles where user_id = $1 group by role_name order by role_name`,
)
