import { statement } from '../store/statement.ts'

export interface UserRow {
  id: string
  login: string
  email: string
  name: string
  roles: string[]
  disabled_at: Date | null
  created_at: Date
  has_password: boolean
}

export interface CredentialRow {
  id: string
  disabled: boolean
  session_epoch: number
  password_hash: string | null
  pepper_key_id: number | null
}

const USER_COLUMNS = `u.id, u.login, u.email, u.name, u.disabled_at, u.created_at, u.password_hash is not null as has_password,
  array(select r.role_name from auth.user_roles r where r.user_id = u.id order by r.role_name) as roles`

export const COUNT_USERS = statement<[], { count: number }>(`select count(*)::int as count from auth.users`)

export const LIST_USERS = statement<[afterLogin: string, limit: number], UserRow>(
  `select ${USER_COLUMNS} from auth.users u where u.login > $1 order by u.login limit $2`,
)

export const FIND_USER = statement<[login: string], UserRow>(
  `select ${USER_COLUMNS} from auth.users u where u.login = $1`,
)

/** By login or e-mail address. A login has no `@`, so at most one row fits. */
export const FIND_CREDENTIALS = statement<[loginOrEmail: string], CredentialRow>(
  `select id, disabled_at is not null as disabled, session_epoch, password_hash, pepper_key_id
   from auth.users where login = $1 or email = $1`,
)

export const INSERT_USER = statement<
  [login: string, email: string, name: string, hash: string | null, pepperKeyId: number | null],
  { id: string }
>(`insert into auth.users (login, email, name, password_hash, pepper_key_id) values ($1, $2, $3, $4, $5) returning id`)

export const UPDATE_PROFILE = statement<[login: string, email: string | null, name: string | null], { id: string }>(
  `update auth.users
   set email = coalesce($2, email), name = coalesce($3, name), authz_epoch = authz_epoch + 1, updated_at = now()
   where login = $1 returning id`,
)

export const UPDATE_PASSWORD = statement<[login: string, hash: string, pepperKeyId: number], { id: string }>(
  `update auth.users
   set password_hash = $2, pepper_key_id = $3, session_epoch = session_epoch + 1, updated_at = now()
   where login = $1 returning id`,
)

export const DISABLE_USER = statement<[login: string], { id: string }>(
  `update auth.users
   set disabled_at = coalesce(disabled_at, now()), session_epoch = session_epoch + 1, updated_at = now()
   where login = $1 returning id`,
)

export const ENABLE_USER = statement<[login: string], { id: string }>(
  `update auth.users set disabled_at = null, updated_at = now() where login = $1 returning id`,
)

export const DELETE_USER = statement<[login: string], { id: string }>(
  `delete from auth.users where login = $1 returning id`,
)

export const RAISE_AUTHZ_EPOCH = statement<[userId: string]>(
  `update auth.users set authz_epoch = authz_epoch + 1, updated_at = now() where id = $1`,
)

/** Locks who holds a role, so that of two who leave at once the second sees that the first has gone. */
export const LIST_HOLDERS = statement<[role: string], { login: string }>(
  `select u.login from auth.user_roles r join auth.users u on u.id = r.user_id
   where r.role_name = $1 and u.disabled_at is null order by u.login for update`,
)

export const LIST_UNKNOWN_ROLES = statement<[roles: readonly string[]], { name: string }>(
  `select wanted as name from unnest($1::text[]) wanted
   where not exists (select from auth.roles r where r.name = wanted and r.in_policy)`,
)

export const ADD_ROLES = statement<[userId: string, roles: readonly string[]]>(
  `insert into auth.user_roles (user_id, role_name) select $1, unnest($2::text[]) on conflict do nothing`,
)

export const REMOVE_ROLES = statement<[userId: string, roles: readonly string[]]>(
  `delete from auth.user_roles where user_id = $1 and role_name = any ($2::text[])`,
)
