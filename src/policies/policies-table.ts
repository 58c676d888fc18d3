import { statement } from '../store/statement.ts'

export interface PolicyRow {
  version: number
  source: string
  digest: Buffer
  applied_by: string
  reason: string
  applied_at: Date
}

const POLICY_COLUMNS = `version, source, digest, applied_by, reason, applied_at`

/** Held until the transaction ends, so that two who apply at once get one version after the other. */
export const LOCK_POLICIES = statement<[], object>('lock_policies', `select pg_advisory_xact_lock(7461002)`)

export const FIND_LATEST_POLICY = statement<[], PolicyRow>(
  'find_latest_policy',
  `select ${POLICY_COLUMNS} from auth.policies order by version desc limit 1`,
)

export const FIND_NEWER_POLICY = statement<[version: number], PolicyRow>(
  'find_newer_policy',
  `select ${POLICY_COLUMNS} from auth.policies where version > $1 order by version desc limit 1`,
)

export const FIND_POLICY = statement<[version: number], PolicyRow>(
  'find_policy',
  `select ${POLICY_COLUMNS} from auth.policies where version = $1`,
)

/** The newest that is older than a version. */
export const FIND_POLICY_BEFORE = statement<[version: number], PolicyRow>(
  'find_policy_before',
  `select ${POLICY_COLUMNS} from auth.policies where version < $1 order by version desc limit 1`,
)

/** Newest first, without their sources. */
export const LIST_POLICIES = statement<[limit: number], Omit<PolicyRow, 'source' | 'digest'>>(
  'list_policies',
  `select version, applied_by, reason, applied_at from auth.policies order by version desc limit $1`,
)

/** A page of them, from one that is older than a version. */
export const PAGE_POLICIES = statement<[before: number, limit: number], Omit<PolicyRow, 'source' | 'digest'>>(
  'page_policies',
  `select version, applied_by, reason, applied_at from auth.policies where version < $1 order by version desc limit $2`,
)

export const FIND_POLICY_BY_DIGEST = statement<[digest: Buffer], { version: number }>(
  'find_policy_by_digest',
  `select version from auth.policies where digest = $1 order by version desc limit 1`,
)

export const INSERT_POLICY = statement<
  [source: string, digest: Buffer, appliedBy: string, reason: string],
  { version: number }
>(
  'insert_policy',
  `insert into auth.policies (source, digest, applied_by, reason) values ($1, $2, $3, $4) returning version`,
)

/** Of whom no second factor is demanded any more has all his days again when one is once more. */
export const DROP_DEMANDS = statement<[roles: readonly string[]]>(
  'drop_demands',
  `update auth.users u set second_factor_asked_at = null
   where second_factor_asked_at is not null
     and not exists (select from auth.held_roles r where r.user_id = u.id and r.role_name = any ($1::text[]))`,
)

export const UPSERT_ROLES = statement<[names: readonly string[]]>(
  'upsert_roles',
  `insert into auth.roles (name) select unnest($1::text[])
   on conflict (name) do update set in_policy = true`,
)

export const RETIRE_OTHER_ROLES = statement<[names: readonly string[]]>(
  'retire_other_roles',
  `update auth.roles set in_policy = false where name <> all ($1::text[]) and in_policy`,
)

/** Roles that users still hold stay, so that rolling a policy back gives everybody what they had; those of grants too. */
export const DELETE_RETIRED_ROLES = statement<[]>(
  'delete_retired_roles',
  `delete from auth.roles r
   where not r.in_policy and not exists (select from auth.user_roles u where u.role_name = r.name)
     and not exists (select from auth.grants g where g.role_name = r.name)`,
)

export const CLEAR_ROLE_PERMISSIONS = statement<[]>('clear_role_permissions', `delete from auth.role_permissions`)

export const CLEAR_PERMISSIONS = statement<[]>('clear_permissions', `delete from auth.permissions`)

export const INSERT_PERMISSIONS = statement<[names: readonly string[]]>(
  'insert_permissions',
  `insert into auth.permissions (name, resource, action)
   select name, split_part(name, ':', 1), split_part(name, ':', 2) from unnest($1::text[]) name`,
)

export const INSERT_ROLE_PERMISSIONS = statement<[roles: readonly string[], permissions: readonly string[]]>(
  'insert_role_permissions',
  `insert into auth.role_permissions (role_name, permission_name) select * from unnest($1::text[], $2::text[])`,
)
