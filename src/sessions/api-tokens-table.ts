import type { TokenScope, Via } from '../lib/principal.ts'
import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'
import { rolesOf } from './sessions-table.ts'
import type { PrincipalRow } from './sessions-table.ts'

/** With the id of the token where sign-ins have theirs. */
export interface TokenPrincipalRow extends PrincipalRow {
  via: Via
}

export interface ApiTokenRow extends TokenScope {
  id: string
  /** Of its owner. */
  login: string
  name: string
  prefix: string
  expires_at: Date
  created_at: Date
  last_used_at: Date | null
}

const COLUMNS = `id, login, name, prefix, apps, hosts, paths, methods, networks, api, expires_at, created_at, last_used_at`

/** It proves nothing of who sends it, so there are no factors. */
export const FIND_API_TOKEN = statement<[tokenHash: Buffer], TokenPrincipalRow>(
  'find_api_token',
  `select t.id as session_id, t.user_id, t.login, t.email, t.user_name as name, '{}'::jsonb as factors, null::text as host,
     t.expires_at, pg_current_snapshot()::text as snapshot,
     ${rolesOf('t.user_id')},
     jsonb_build_object('kind', 'api_token', 'scope', jsonb_build_object('apps', t.apps, 'hosts', t.hosts,
       'paths', t.paths, 'methods', t.methods, 'networks', t.networks, 'api', t.api)) as via
   from auth.valid_api_tokens t
   where t.token_hash = $1`,
)

type NewTokenParams = [
  userId: string,
  name: string,
  tokenHash: Buffer,
  prefix: string,
  apps: readonly string[] | null,
  hosts: readonly string[] | null,
  paths: readonly string[] | null,
  methods: readonly string[] | null,
  networks: readonly string[] | null,
  api: readonly string[] | null,
  lifeMs: number,
  most: number,
]

/** The lock makes those wait who count at once, and a user who is being disabled or deleted. */
export const LOCK_OWNER = statement<[userId: string], { login: string }>(
  'lock_owner',
  `select login from auth.users where id = $1 and disabled_at is null for no key update`,
)

/** What he may do, for a token that asks for some of it. */
export const ROLES_OF_OWNER = statement<[userId: string], { roles: string[] }>(
  'roles_of_owner',
  `select array(select distinct r.role_name from auth.held_roles r where r.user_id = u.id order by r.role_name) as roles
   from auth.users u where u.id = $1`,
)

/** No row where the owner has as many as anybody may. Call it with the owner locked. */
export const INSERT_API_TOKEN = statement<NewTokenParams, { id: string; expires_at: Date }>(
  'insert_api_token',
  `insert into auth.api_tokens
     (user_id, name, token_hash, prefix, apps, hosts, paths, methods, networks, api, expires_at)
   select $1, $2, $3, $4, $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
     $10::text[], now() + $11 * interval '1 millisecond'
   where (select count(*) from auth.valid_api_tokens where user_id = $1) < $12::int
   returning id, expires_at`,
)

export const LIST_API_TOKENS = statement<[login: string | null, limit: number], ApiTokenRow>(
  'list_api_tokens',
  `select ${COLUMNS} from auth.valid_api_tokens
   where $1::text is null or login = $1 order by created_at desc, id limit $2`,
)

/** @param ownerId whose it must be, or null for anybody's */
export const REVOKE_API_TOKEN = statement<
  [id: string, ownerId: string | null],
  { user_id: string; name: string; login: string }
>(
  'revoke_api_token',
  `update auth.api_tokens t set revoked_at = now()
   from auth.users u
   where t.id = $1 and u.id = t.user_id and ($2::uuid is null or t.user_id = $2) and t.revoked_at is null
   returning t.user_id, t.name, u.login`,
)

/** As sign-ins are touched: by ages, so that the database's clock alone says when, and passing over rows in other hands. */
export const TOUCH_API_TOKENS = statement<[ids: readonly string[], agesMs: readonly number[]], { id: string }>(
  'touch_api_tokens',
  `with given as materialized (
     select * from unnest($1::uuid[], $2::float8[]) as given (id, age_ms)
   ), seen as (
     select t.id, given.age_ms from given join auth.api_tokens t on t.id = given.id for no key update of t skip locked
   ), written as (
     update auth.api_tokens t
     set last_used_at = greatest(t.last_used_at, now() - seen.age_ms * interval '1 millisecond')
     from seen where t.id = seen.id
     returning t.id
   )
   select t.id from given join auth.api_tokens t on t.id = given.id
   where not exists (select from written where written.id = t.id)`,
)

export const PRUNE_API_TOKENS = pruneStatement('prune_api_tokens', 'auth.api_tokens', 'least(expires_at, revoked_at)')
