import type { FactorTimes } from '../lib/principal.ts'
import type { Queryable } from '../store/database.ts'
import { demandSecondFactor, dropDemand } from '../users/demands.ts'
import type { Standing } from '../users/demands.ts'
import type { NextStep } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** What is still missing for a sign-in; with nothing missing, by when a factor is to be set up. */
export type Lacking = NextStep | { readonly kind: 'nothing'; readonly enrolBy: Date | null }

const NOTHING = { kind: 'nothing', enrolBy: null } as const

/**
 * Asked in the transaction that starts the sign-in, so that a factor that was set up meanwhile is asked for. Whoever has
 * a second factor gives it, but on a device that he trusts; of some the policy demands that they have one.
 */
export async function whatIsLacking(
  tx: Queryable,
  { factors, policy }: Pick<SignInParts, 'factors' | 'policy'>,
  proven: { readonly userId: string; readonly factors: FactorTimes },
  { standing, isTrusted }: { readonly standing: Standing; readonly isTrusted: boolean },
): Promise<Lacking> {
  if (standing.isBreakGlass || Object.keys(proven.factors).length > 1) return NOTHING
  const owned = await factors.ownedBy(tx, proven.userId)
  if (owned.length > 0) return isTrusted ? NOTHING : { kind: 'second_factor', factors: owned }
  const demand = policy().secondFactor
  if (demand === null || !demand.roles.some((role) => standing.roles.includes(role))) {
    // A role was taken since he was asked: of a policy that demands less its application sees to it.
    await dropDemand(tx, proven.userId)
    return NOTHING
  }
  const grace = await demandSecondFactor(tx, proven.userId, demand.graceDays)
  return grace.kind === 'over' ? { kind: 'enrol' } : { kind: 'nothing', enrolBy: grace.enforcedAt }
}
