import { isFreshlyProven } from '../lib/fresh-proof.ts'
import type { Factor, Principal } from '../lib/principal.ts'
import type { Database } from '../store/database.ts'
import type { Entrances } from './entrance.ts'

export interface ProveParts {
  readonly database: Database
  readonly factors: { ownedBy(database: Database, userId: string): Promise<readonly Factor[]> }
  /** Signs the way back here for the page where people prove who they are. */
  readonly returnAddresses: { sign(wanted: { host: string; target: string }): string | null }
  readonly entrances: Entrances
}

/**
 * Where somebody proves once more who he is before a change, and comes back from to `target`, a path on the portal; null
 * for whoever has just done so. It asks for the second factor alone where only that is missing, or else for everything.
 */
export async function proveAnewHref(
  { factors, database, returnAddresses, entrances }: ProveParts,
  { principal }: { readonly principal: Principal },
  target: string,
): Promise<string | null> {
  const { userId, factors: proven } = principal
  const owned = await factors.ownedBy(database, userId)
  if (isFreshlyProven(principal, owned, Date.now())) return null
  const { origin, paths } = entrances.portal
  const rd = returnAddresses.sign({ host: new URL(origin).host, target })
  if (rd === null) throw new Error(`${target} is no page that leads back here`)
  const lacksSecond = owned.length > 0 && Object.keys(proven).length === 1
  return `${paths.signIn}?rd=${rd}&prove=${lacksSecond ? 'second_factor' : 'again'}`
}
