import type { KnownDevice } from '../limits/devices.ts'
import type { Risk } from '../limits/risk.ts'
import type { Queryable } from '../store/database.ts'
import type { Proven } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

const NO_RISK: Risk = { score: 0, reasons: [] }

/** What is known of the device, and how unlike this user the sign-in is. */
export async function weighSignIn(
  tx: Queryable,
  { devices }: Pick<SignInParts, 'devices'>,
  { userId, visit }: Proven,
): Promise<{ readonly device: KnownDevice | null; readonly risk: Risk }> {
  const device = await devices.find(tx, userId, visit.deviceHash)
  return { device, risk: NO_RISK }
}
