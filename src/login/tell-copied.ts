import { recordEvent } from '../audit/events.ts'
import { notify } from '../mail/outbox.ts'
import { currentOrigin } from '../observe/origin.ts'
import type { Queryable } from '../store/database.ts'
import { findStanding } from '../users/demands.ts'

/** Somebody may have a copy of a passkey: its owner learns of it, and it stands in the record. */
export async function tellCopied(
  tx: Queryable,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<void> {
  const login = (await findStanding(tx, userId))?.login
  const resource = login === undefined ? {} : { resource: `user:${login}` }
  await recordEvent(tx, {
    type: 'passkey_copy_suspected',
    result: 'failure',
    actor: null,
    ...resource,
    details: { id },
  })
  const { address = null, userAgent = '' } = currentOrigin() ?? {}
  await notify(tx, userId, 'passkey_copy_suspected', { address, userAgent })
}
