import type { KnownDevice } from '../limits/devices.ts'
import type { Risk } from '../limits/risk.ts'
import { weigh } from '../limits/weigh.ts'
import type { Queryable } from '../store/database.ts'
import type { Proven } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** What is known of the device, and how unlike this user the sign-in is. */
export async function weighSignIn(
  tx: Queryable,
  { devices }: Pick<SignInParts, 'devices'>,
  { userId, visit, seen }: Proven,
): Promise<{ readonly device: KnownDevice | null; readonly risk: Risk }> {
  const { address, deviceHash } = visit
  const device = await devices.find(tx, userId, deviceHash)
  const risk = await weigh(tx, { userId, address, isKnownDevice: device !== null, seen, nowMs: Date.now() })
  return { device, risk }
}
