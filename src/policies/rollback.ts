import type { Database } from '../store/database.ts'
import { applyPolicy } from './apply.ts'
import type { AlsoApplied, Applied, MayApply } from './apply.ts'
import { FIND_POLICY } from './policies-table.ts'

/** What became of a rollback: as of a policy that is applied, or there is no such version. */
export type RolledBack = Applied | { readonly kind: 'unknown' }

export interface Rollback {
  readonly version: number
  readonly by: string
  readonly reason: string
  readonly also?: AlsoApplied
  readonly mayApply?: MayApply
}

/** Puts the source of an earlier version in force as a new version, through the same checks and tests. */
export async function rollBackPolicy(database: Database, { version, ...change }: Rollback): Promise<RolledBack> {
  const [row] = await database.query(FIND_POLICY, version)
  if (row === undefined) return { kind: 'unknown' }
  return applyPolicy(database, { ...change, source: row.source, onlyForward: false })
}
