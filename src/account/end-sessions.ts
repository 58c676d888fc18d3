import { recordEvent } from '../audit/events.ts'
import type { Principal } from '../lib/principal.ts'
import type { Sessions } from '../sessions/sessions.ts'

/** Ends every sign-in of the visitor but the one that asks, and tells how many these were. */
export function endOthers(
  { sessions }: { readonly sessions: Pick<Sessions, 'endAllOf'> },
  { userId, login, signInId }: Principal,
): Promise<number> {
  const about = { actor: { userId, login }, signInId, resource: `user:${login}` }
  return sessions.endAllOf(login, 'revoked', {
    exceptId: signInId,
    also: (tx, ended) => recordEvent(tx, { type: 'session_revoked', result: 'success', ...about, details: { ended } }),
  })
}
