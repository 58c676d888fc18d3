import type { Queryable } from '../store/database.ts'
import { LIST_HELD_ROLES, LIST_ROLES_OF_LOGINS } from './held-roles-table.ts'

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

/** Names of those that several people have now, by login; nobody is there who has none. */
export async function rolesOfLogins(
  database: Queryable,
  logins: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = logins.length === 0 ? [] : await database.query(LIST_ROLES_OF_LOGINS, logins)
  return new Map(rows.map(({ login, roles }) => [login, roles]))
}
