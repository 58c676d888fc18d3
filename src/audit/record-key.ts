import type { Queryable } from '../store/database.ts'
import { recordEvent } from './events.ts'
import type { AuditEvent } from './events.ts'

interface KeyChange {
  readonly kind: 'created' | 'rewrapped' | 'rotated' | 'retired' | 'ended'
  readonly purpose: string
  readonly id?: number
}

/**
 * Writes down what happened to a key, in the transaction of it.
 * @param actor who had it done; null for the program itself and an operator at a shell
 */
export async function recordKey(
  tx: Queryable,
  { kind, purpose, id }: KeyChange,
  actor: AuditEvent['actor'] = null,
): Promise<void> {
  const details = { purpose, ...(id !== undefined && { id }) }
  await recordEvent(tx, { type: `key_${kind}`, result: 'success', actor, resource: `key:${purpose}`, details })
}
