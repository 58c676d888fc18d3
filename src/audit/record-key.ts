import type { Queryable } from '../store/database.ts'
import { recordEvent } from './events.ts'

/** Writes down that a key was made, or wrapped by another secret, in the transaction of it. */
export async function recordKey(
  tx: Queryable,
  { kind, purpose }: { readonly kind: 'created' | 'rewrapped'; readonly purpose: string },
): Promise<void> {
  const about = { resource: `key:${purpose}`, details: { purpose } }
  await recordEvent(tx, { type: `key_${kind}`, result: 'success', actor: null, ...about })
}
