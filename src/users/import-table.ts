import { statement } from '../store/statement.ts'

export interface TakenRow {
  id: string
  login: string
  email: string
}

/** Whoever has one of these logins or addresses, locked until the transaction ends. */
export const FIND_TAKEN = statement<[logins: readonly string[], emails: readonly string[]], TakenRow>(
  'find_taken',
  `select id, login, email from auth.users where login = any ($1::text[]) or email = any ($2::text[])
   order by login for no key update`,
)

/** The arrays are of one length. No row for a login or address that somebody has by now. */
export const INSERT_IMPORTED = statement<
  [
    logins: readonly string[],
    emails: readonly string[],
    names: readonly string[],
    hashes: readonly (string | null)[],
    disabled: readonly boolean[],
    mustChange: readonly boolean[],
  ],
  { id: string; login: string }
>(
  'insert_imported',
  `insert into auth.users (login, email, name, password_hash, disabled_at, must_change_password)
   select n.login, n.email, n.name, n.hash, case when n.disabled then now() end, n.must_change
   from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[])
     as n (login, email, name, hash, disabled, must_change)
   on conflict do nothing returning id, login`,
)

/**
 * Only what differs, and of passwords only one that was imported and not used yet. Whose sign-ins must end is told.
 * Nobody is enabled, and the demand to change a password isn't taken back.
 */
export const UPDATE_IMPORTED = statement<
  [
    ids: readonly string[],
    emails: readonly string[],
    names: readonly (string | null)[],
    hashes: readonly (string | null)[],
    disabled: readonly boolean[],
    mustChange: readonly boolean[],
  ],
  { id: string }
>(
  'update_imported',
  `with given as (
     select n.id, n.email, coalesce(n.name, u.name) as name,
       case when u.pepper_key_id is null then coalesce(n.hash, u.password_hash) else u.password_hash end as hash,
       case when n.disabled then coalesce(u.disabled_at, now()) else u.disabled_at end as disabled_at,
       u.must_change_password or n.must_change as must_change
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[])
       as n (id, email, name, hash, disabled, must_change)
     join auth.users u on u.id = n.id
   )
   update auth.users u
   set email = g.email, name = g.name, password_hash = g.hash, disabled_at = g.disabled_at,
       must_change_password = g.must_change, authz_epoch = u.authz_epoch + 1, updated_at = now(),
       session_epoch = u.session_epoch + case
         when (u.password_hash, u.disabled_at) is distinct from (g.hash, g.disabled_at) then 1 else 0 end
   from given g
   where u.id = g.id and (u.email, u.name, u.password_hash, u.disabled_at, u.must_change_password)
     is distinct from (g.email, g.name, g.hash, g.disabled_at, g.must_change)
   returning u.id`,
)

/** The arrays are of one length; a row for each that is new. */
export const ADD_IMPORTED_ROLES = statement<[ids: readonly string[], roles: readonly string[]], { user_id: string }>(
  'add_imported_roles',
  `insert into auth.user_roles (user_id, role_name) select * from unnest($1::uuid[], $2::text[])
   on conflict do nothing returning user_id`,
)
