import { statement } from '../store/statement.ts'

export interface UserRow {
  id: string
  login: string
  email: string
  name: string
  /** Those that are the user's until somebody takes them. */
  roles: string[]
  /** The same and those of grants that hold now, each once. */
  held_roles: string[]
  disabled_at: Date | null
  created_at: Date
  has_password: boolean
  must_change_password: boolean
  break_glass: boolean
  /** Another one after each change of profile, roles, password or standing. */
  version: string
}

export interface CredentialRow {
  id: string
  login: string
  disabled: boolean
  session_epoch: number
  password_hash: string | null
  pepper_key_id: number | null
  must_change_password: boolean
}

/** Of `auth.users` as `u`. */
export const USER_COLUMNS = `u.id, u.login, u.email, u.name, u.disabled_at, u.created_at,
  u.password_hash is not null as has_password, u.must_change_password, u.break_glass,
  concat_ws('.', u.authz_epoch, u.session_epoch, extract(epoch from u.updated_at)) as version,
  array(select r.role_name from auth.user_roles r where r.user_id = u.id order by r.role_name) as roles,
  array(select distinct h.role_name from auth.held_roles h where h.user_id = u.id order by h.role_name) as held_roles`

export const COUNT_USERS = statement<[], { count: number }>(
  'count_users',
  `select count(*)::int as count from auth.users`,
)

export const LIST_USERS = statement<[afterLogin: string, limit: number], UserRow>(
  'list_users',
  `select ${USER_COLUMNS} from auth.users u where u.login > $1 order by u.login limit $2`,
)

export const FIND_USER = statement<[login: string], UserRow>(
  'find_user',
  `select ${USER_COLUMNS} from auth.users u where u.login = $1`,
)

/** By login or e-mail address. A login has no `@`, so at most one row fits. */
export const FIND_CREDENTIALS = statement<[loginOrEmail: string], CredentialRow>(
  'find_credentials',
  `select id, login, disabled_at is not null as disabled, session_epoch, password_hash, pepper_key_id,
     must_change_password
   from auth.users where login = $1 or email = $1`,
)

export const INSERT_USER = statement<
  [login: string, email: string, name: string, hash: string | null, pepperKeyId: number | null],
  { id: string }
>(
  'insert_user',
  `insert into auth.users (login, email, name, password_hash, pepper_key_id, password_changed_at)
   values ($1, $2, $3, $4::text, $5, case when $4::text is null then null else now() end) returning id`,
)

export const UPDATE_PROFILE = statement<[login: string, email: string | null, name: string | null], { id: string }>(
  'update_profile',
  `update auth.users
   set email = coalesce($2, email), name = coalesce($3, name), authz_epoch = authz_epoch + 1, updated_at = now(),
       email_verified_at = case when $2 is null or $2 = email then email_verified_at end
   where login = $1 returning id`,
)

/** Keeps the one before in the history, and no more there than anybody may compare with. */
export const UPDATE_PASSWORD = statement<
  [login: string, hash: string, pepperKeyId: number | null, mustChange: boolean, kept: number],
  { id: string }
>(
  'update_password',
  `with before as (
     select id, password_hash, pepper_key_id from auth.users where login = $1 for update
   ), kept as (
     insert into auth.password_history (user_id, password_hash, pepper_key_id)
     select id, password_hash, pepper_key_id from before where password_hash is not null
   ), gone as (
     delete from auth.password_history
     where id in (select h.id from auth.password_history h join before b on b.id = h.user_id
                  order by h.id desc offset $5 - 1)
   )
   update auth.users u
   set password_hash = $2, pepper_key_id = $3, must_change_password = $4, password_changed_at = now(),
       session_epoch = u.session_epoch + 1, updated_at = now()
   from before b where u.id = b.id returning u.id`,
)

/** The same password hashed in another way, so nothing ends; not if it was changed meanwhile. */
export const UPGRADE_PASSWORD = statement<
  [userId: string, oldHash: string, hash: string, pepperKeyId: number | null],
  { id: string }
>(
  'upgrade_password',
  `update auth.users set password_hash = $3, pepper_key_id = $4 where id = $1 and password_hash = $2 returning id`,
)

export const SET_MUST_CHANGE_PASSWORD = statement<[login: string, mustChange: boolean], { id: string }>(
  'set_must_change_password',
  `update auth.users set must_change_password = $2, updated_at = now() where login = $1 returning id`,
)

export const FIND_MUST_CHANGE_PASSWORD = statement<[userId: string], { must_change_password: boolean }>(
  'find_must_change_password',
  `select must_change_password from auth.users where id = $1`,
)

/** The current one first, then those before it, latest first. */
export const LIST_PASSWORDS = statement<
  [userId: string, most: number],
  { password_hash: string; pepper_key_id: number | null }
>(
  'list_passwords',
  `select password_hash, pepper_key_id from (
     select password_hash, pepper_key_id, null::bigint as id from auth.users where id = $1 and password_hash is not null
     union all
     select password_hash, pepper_key_id, id from auth.password_history where user_id = $1
   ) as known order by id desc nulls first limit $2`,
)

export const DISABLE_USER = statement<[login: string], { id: string }>(
  'disable_user',
  `update auth.users
   set disabled_at = coalesce(disabled_at, now()), session_epoch = session_epoch + 1, updated_at = now()
   where login = $1 returning id`,
)

export const ENABLE_USER = statement<[login: string], { id: string }>(
  'enable_user',
  `update auth.users set disabled_at = null, updated_at = now() where login = $1 returning id`,
)

export const DELETE_USER = statement<[login: string], { id: string }>(
  'delete_user',
  `delete from auth.users where login = $1 returning id`,
)

export const RAISE_AUTHZ_EPOCH = statement<[userId: string]>(
  'raise_authz_epoch',
  `update auth.users set authz_epoch = authz_epoch + 1, updated_at = now() where id = $1`,
)

/** Locks who holds a role, so that of two who leave at once the second sees that the first has gone. */
export const LIST_HOLDERS = statement<[role: string], { login: string }>(
  'list_holders',
  `select u.login from auth.user_roles r join auth.users u on u.id = r.user_id
   where r.role_name = $1 and u.disabled_at is null order by u.login for update`,
)

export const LIST_UNKNOWN_ROLES = statement<[roles: readonly string[]], { name: string }>(
  'list_unknown_roles',
  `select wanted as name from unnest($1::text[]) wanted
   where not exists (select from auth.roles r where r.name = wanted and r.in_policy)`,
)

export const ADD_ROLES = statement<[userId: string, roles: readonly string[]]>(
  'add_roles',
  `insert into auth.user_roles (user_id, role_name) select $1, unnest($2::text[]) on conflict do nothing`,
)

/** Those that somebody has now, by grants too; with the second parameter none of somebody disabled. */
export const LIST_ROLES_OF = statement<[userId: string, onlyEnabled: boolean], { name: string }>(
  'list_roles_of',
  `select distinct h.role_name as name from auth.held_roles h join auth.users u on u.id = h.user_id
   where h.user_id = $1 and (u.disabled_at is null or not $2::boolean) order by name`,
)

/** Everybody who has one of these roles now, by grants too. */
export const LIST_HOLDERS_OF_ANY = statement<[roles: readonly string[]], { id: string }>(
  'list_holders_of_any',
  `select distinct user_id as id from auth.held_roles where role_name = any ($1::text[])`,
)

/** Held until the transaction ends, so that of two who change what they both read the second reads it again. */
export const LOCK_LOGIN = statement<[login: string], object>(
  'lock_login',
  `select pg_advisory_xact_lock(7461012, hashtext($1))`,
)

export const REMOVE_ROLES = statement<[userId: string, roles: readonly string[]]>(
  'remove_roles',
  `delete from auth.user_roles where user_id = $1 and role_name = any ($2::text[])`,
)
