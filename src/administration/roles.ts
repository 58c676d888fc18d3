import { COUNT_ROLE_HOLDERS } from '../users/grants-table.ts'
import type { AdministrationParts, Doer } from './parts.ts'
import { reaches } from './authority.ts'

/** A role that can be given. */
export interface RoleOverview {
  readonly name: string
  /** As the policy gives them; none for the built-in role, which may do everything. */
  readonly permissions: readonly string[]
  /** How many people have it for good, and how many by a grant that holds now. */
  readonly holders: number
  readonly granted: number
  /** Whether the one who asks could give it. */
  readonly mayGive: boolean
}

/** The roles of the policy in force, the built-in one first, then by name. */
export async function listRoles(
  { database, policies }: Pick<AdministrationParts, 'database' | 'policies'>,
  by: Doer,
): Promise<readonly RoleOverview[]> {
  const policy = policies.current()
  const counts = new Map((await database.query(COUNT_ROLE_HOLDERS)).map((row) => [row.role, row]))
  return [...policy.roles].map(([name, permissions]) => {
    const { holders = 0, granted = 0 } = counts.get(name) ?? {}
    return { name, permissions, holders, granted, mayGive: reaches(policy, by, [name]) }
  })
}
