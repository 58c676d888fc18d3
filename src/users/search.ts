import type { Queryable } from '../store/database.ts'
import * as table from './search-table.ts'
import type { UserRow } from './users-table.ts'

/** Whom somebody looks for; what is left out isn't asked. */
export interface UserQuestion {
  /** How login, e-mail address or name begin. */
  readonly search?: string
  /** Who has it now, by a grant too. */
  readonly role?: string
  readonly state?: UserState
  /** Login after which the page begins. */
  readonly after?: string
  readonly limit: number
}

export type UserState = (typeof USER_STATES)[number]

/** `no_password` is whoever was made without one and can't sign in yet. */
export const USER_STATES = ['active', 'disabled', 'no_password'] as const

/** The greatest character: no text that begins with the same is beyond what is searched for followed by it. */
const GREATEST = '\u{10ffff}'

/** A page of people by login, and how many there are in all. */
export async function searchUsers(
  database: Queryable,
  { search = '', role, state, after = '', limit }: UserQuestion,
): Promise<{ readonly rows: UserRow[]; readonly total: number }> {
  const prefix = search.trim().toLowerCase()
  const filter = [role ?? null, state ?? null] as const
  const page = [after.trim().toLowerCase(), limit] as const
  if (prefix === '') {
    const [counted] = await database.query(table.COUNT_USERS_PAGED, ...filter)
    return { rows: await database.query(table.PAGE_USERS, ...filter, ...page), total: counted?.count ?? 0 }
  }
  const range = [prefix, prefix + GREATEST] as const
  const [counted] = await database.query(table.COUNT_USERS_FOUND, ...filter, ...range)
  const rows = await database.query(table.SEARCH_USERS, ...filter, ...range, ...page)
  return { rows, total: counted?.count ?? 0 }
}

/** Whether somebody can sign in. */
export function userState({ disabled_at: disabledAt, has_password: hasPassword }: UserRow): UserState {
  if (disabledAt !== null) return 'disabled'
  return hasPassword ? 'active' : 'no_password'
}
