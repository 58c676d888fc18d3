import type { Queryable } from '../store/database.ts'
import { LIST_HELD_ROLES } from './held-roles-table.ts'

/** A role that somebody has. */
export interface HeldRole {
  readonly name: string
  /** Null for one that was given for good. */
  readonly endsAt: Date | null
}

/** Those that somebody has now, by name. */
export async function heldRoles(database: Queryable, userId: string): Promise<HeldRole[]> {
  const rows = await database.query(LIST_HELD_ROLES, userId)
  return rows.map(({ role_name: name, ends_at: endsAt }) => ({ name, endsAt }))
}
