import type { Factor, Principal } from './principal.ts'

/** For how long somebody who has proven who he is may change what proves it, or let others in. */
const FRESH_MS = 600_000

/**
 * Whether this sign-in may change factors: by a second factor that was proven just now where there is one, or else by
 * whatever was. A password alone must not put another factor beside or in the place of one that is there. What was
 * proven before the sign-in moved says nothing of who uses it now.
 * @param owned the second factors that are set up
 */
export function isFreshlyProven(
  { factors, movedAt = -Infinity }: Pick<Principal, 'factors' | 'movedAt'>,
  owned: readonly Factor[],
  nowMs: number,
): boolean {
  const times = owned.length === 0 ? Object.values(factors) : owned.map((name) => factors[name])
  return times.some((time) => time !== undefined && time > movedAt && nowMs - time <= FRESH_MS)
}
