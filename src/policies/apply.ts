import { createHash } from 'node:crypto'
import { recordChange } from '../store/changes.ts'
import type { Database, Queryable } from '../store/database.ts'
import * as table from './policies-table.ts'
import type { PolicyMistake } from './policy-file.ts'
import { ADMIN_ROLE } from './policy.ts'
import type { Policy } from './policy.ts'
import { readTestedPolicy } from './run-tests.ts'

/** What became of a policy that was to be applied. */
export type Applied =
  | { readonly kind: 'applied' | 'unchanged'; readonly version: number }
  | { readonly kind: 'older'; readonly version: number }
  | { readonly kind: 'invalid'; readonly mistakes: readonly PolicyMistake[] }

export interface PolicyChange {
  /** Text of the policy file. */
  readonly source: string
  /** Who applies it, for people who read the versions later. */
  readonly by: string
  readonly reason: string
  /** True where an earlier version must not come back, as from an old file at start. */
  readonly onlyForward: boolean
  /** Done with it, or neither. */
  readonly also?: AlsoApplied
  /** Refuses by throwing, before anything is written and while nobody else can apply one. */
  readonly mayApply?: MayApply
}

/** @param about version in force, 0 before the first, and the policy that is to be applied */
export type MayApply = (
  tx: Queryable,
  about: { readonly inForce: number; readonly policy: Policy },
) => Promise<void> | void

export type AlsoApplied = (
  tx: Queryable,
  applied: { readonly version: number; readonly by: string; readonly reason: string },
) => Promise<void>

/**
 * Checks a policy, runs its tests and makes it the newest version, together with the roles and permissions it
 * defines. A bad one changes nothing; the newest one again makes no version.
 */
export async function applyPolicy(database: Database, change: PolicyChange): Promise<Applied> {
  const tested = await readTestedPolicy(change.source)
  if (Array.isArray(tested)) return { kind: 'invalid', mistakes: tested }
  const digest = createHash('sha256').update(change.source).digest()
  return database.transaction(async (tx) => {
    await tx.query(table.LOCK_POLICIES)
    const [latest] = await tx.query(table.FIND_LATEST_POLICY)
    await change.mayApply?.(tx, { inForce: latest?.version ?? 0, policy: tested.policy })
    if (latest !== undefined && latest.digest.equals(digest)) return { kind: 'unchanged', version: latest.version }
    const [earlier] = change.onlyForward ? await tx.query(table.FIND_POLICY_BY_DIGEST, digest) : []
    if (earlier !== undefined) return { kind: 'older', version: earlier.version }
    await writeRoles(tx, tested.policy)
    await recordChange(tx, 'policy')
    await tx.query(table.DROP_DEMANDS, tested.policy.secondFactor?.roles ?? [])
    const { by, reason, also } = change
    const [row] = await tx.query(table.INSERT_POLICY, change.source, digest, by, reason)
    const version = row?.version ?? 0
    await also?.(tx, { version, by, reason })
    return { kind: 'applied', version }
  })
}

async function writeRoles(tx: Queryable, policy: Policy): Promise<void> {
  const roles = [ADMIN_ROLE, ...policy.roles.keys()]
  const grants = [...policy.roles].flatMap(([role, permissions]) =>
    permissions.map((permission) => ({ role, permission })),
  )
  await tx.query(table.UPSERT_ROLES, roles)
  await tx.query(table.RETIRE_OTHER_ROLES, roles)
  await tx.query(table.DELETE_RETIRED_ROLES)
  await tx.query(table.CLEAR_ROLE_PERMISSIONS)
  await tx.query(table.CLEAR_PERMISSIONS)
  await tx.query(table.INSERT_PERMISSIONS, [...new Set(grants.map(({ permission }) => permission))])
  await tx.query(
    table.INSERT_ROLE_PERMISSIONS,
    grants.map(({ role }) => role),
    grants.map(({ permission }) => permission),
  )
}
