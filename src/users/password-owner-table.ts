import { statement } from '../store/statement.ts'

/** Somebody who may be known by the password alone, with all that an app is told. */
export interface PasswordOwnerRow {
  id: string
  login: string
  email: string
  name: string
  roles: string[]
  /** For how long these are all of them at most, ms from the moment of the read; null where none of them ends. */
  roles_left_ms: number | null
  password_hash: string | null
  pepper_key_id: number | null
  /** False for whoever has to be asked for more, or is to be asked nowhere but at the portal. */
  may_use_basic: boolean
  /** Under which all of the row was read. */
  snapshot: string
}

/** By login alone: an app that reads the header must see the name that it is told. */
export const FIND_PASSWORD_OWNER = statement<[login: string], PasswordOwnerRow>(
  'find_password_owner',
  `select u.id, u.login, u.email, u.name, u.password_hash, u.pepper_key_id, pg_current_snapshot()::text as snapshot,
     u.disabled_at is null and not u.break_glass and not u.must_change_password as may_use_basic,
     array(select distinct r.role_name from auth.held_roles r where r.user_id = u.id order by r.role_name) as roles,
     (select extract(epoch from min(r.ends_at) - now())::float8 * 1000
      from auth.held_roles r where r.user_id = u.id) as roles_left_ms
   from auth.users u where u.login = $1`,
)
