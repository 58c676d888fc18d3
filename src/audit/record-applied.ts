import type { Queryable } from '../store/database.ts'
import { recordEvent } from './events.ts'

/** Writes down that a policy is in force, in the transaction that puts it there. */
export async function recordApplied(
  tx: Queryable,
  { version, ...others }: { readonly version: number; readonly by: string; readonly reason: string },
): Promise<void> {
  const about = { resource: `policy:${version}`, details: { version, ...others } }
  await recordEvent(tx, { type: 'policy_applied', result: 'success', actor: null, ...about })
}
