import type { Queryable } from '../store/database.ts'
import * as table from './demands-table.ts'

/** What bears on how somebody may sign in; null for nobody. */
export interface Standing {
  readonly login: string
  readonly roles: readonly string[]
  /** True for an account that is kept sealed for emergencies. */
  readonly isBreakGlass: boolean
}

/** Whether somebody without a second factor may still sign in: until when, or no longer. */
export type Grace = { readonly kind: 'until'; readonly enforcedAt: Date } | { readonly kind: 'over' }

export async function findStanding(database: Queryable, userId: string): Promise<Standing | null> {
  const [row] = await database.query(table.FIND_STANDING, userId)
  return row === undefined ? null : { login: row.login, roles: row.roles, isBreakGlass: row.break_glass }
}

/** Makes an account one for emergencies, in the transaction that made it. */
export async function sealBreakGlass(tx: Queryable, userId: string): Promise<void> {
  await tx.query(table.SEAL_BREAK_GLASS, userId)
}

/** What a sign-in without a password has to know; null for nobody. */
export async function findSignInFacts(
  database: Queryable,
  userId: string,
): Promise<{ readonly sessionEpoch: number; readonly isDisabled: boolean } | null> {
  const [row] = await database.query(table.FIND_SIGN_IN_FACTS, userId)
  return row === undefined ? null : { sessionEpoch: row.session_epoch, isDisabled: row.disabled }
}

/** Begins the days of grace at the first sign-in under the demand, and tells what is left of them. */
export async function demandSecondFactor(tx: Queryable, userId: string, graceDays: number): Promise<Grace> {
  await tx.query(table.NOTE_DEMAND, userId)
  return (await findGrace(tx, userId, graceDays)) ?? { kind: 'over' }
}

/** Forgets that somebody was asked, of whom nothing is demanded any more. */
export async function dropDemand(tx: Queryable, userId: string): Promise<void> {
  await tx.query(table.DROP_DEMAND, userId)
}

/** What is left of the days of grace; null for somebody who wasn't asked yet. */
export async function findGrace(database: Queryable, userId: string, graceDays: number): Promise<Grace | null> {
  const [row] = await database.query(table.FIND_DEMAND, userId, graceDays)
  if (row === undefined) return null
  return row.is_enforced ? { kind: 'over' } : { kind: 'until', enforcedAt: row.enforced_at }
}
