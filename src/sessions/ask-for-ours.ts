import type { KeyRing } from '../lib/key-ring.ts'
import { isOurToken, learnKeyOf } from '../lib/tokens.ts'
import type { TokenPurpose } from '../lib/tokens.ts'

/** A token with the app host that it came to, or null for the portal's, and whatever else a read of it takes. */
type Asked<More> = readonly [token: string, host: string | null, more: More]

/**
 * Reads what a key of ours made, and answers null at once for anything else. A token of a key that isn't known may be of
 * one that was made just now: then the keys are read before it is refused.
 * @param nobody what such a token gets once that is certain
 */
export function askForOurs<T, More>(
  keys: KeyRing,
  purposeFor: (host: string | null) => TokenPurpose,
  read: (...asked: Asked<More>) => Promise<T>,
  nobody: T,
): (...asked: Asked<More>) => Promise<T> | null {
  const ask = (...asked: Asked<More>): Promise<T> | null =>
    isOurToken(keys, purposeFor(asked[1]), asked[0]) ? read(...asked) : null
  return (...asked) => ask(...asked) ?? learnKeyOf(keys, asked[0])?.then(() => ask(...asked) ?? nobody) ?? null
}
