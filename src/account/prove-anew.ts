import { isFreshlyProven } from '../lib/fresh-proof.ts'
import type { FactorParts } from './factor-parts.ts'
import type { AccountVisitor } from './visitor.ts'

export type ProveParts = Pick<FactorParts, 'factors' | 'database' | 'returnAddresses' | 'entrances'>

/**
 * Where somebody proves once more who he is before a change, and comes back from to `target`, a path on the portal; null
 * for whoever has just done so. It asks for the second factor alone where only that is missing, or else for everything.
 */
export async function proveAnewHref(
  { factors, database, returnAddresses, entrances }: ProveParts,
  { principal }: AccountVisitor,
  target: string,
): Promise<string | null> {
  const { userId, factors: proven } = principal
  const owned = await factors.ownedBy(database, userId)
  if (isFreshlyProven(principal, owned, Date.now())) return null
  const { origin, paths } = entrances.portal
  const rd = returnAddresses.sign({ host: new URL(origin).host, target })
  const lacksSecond = owned.length > 0 && Object.keys(proven).length === 1
  return `${paths.signIn}?rd=${rd}&prove=${lacksSecond ? 'second_factor' : 'again'}`
}
