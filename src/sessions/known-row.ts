import type { Via } from '../lib/principal.ts'
import { shownOf } from './binding.ts'
import type { Binding } from './binding.ts'
import type { ShownRow } from './binding-table.ts'
import type { Known } from './principal-cache.ts'
import type { PrincipalRow } from './sessions-table.ts'

/** What is read of a token: with `via` of one that is no sign-in's. */
export type KnownRow = PrincipalRow & Partial<ShownRow> & { readonly via?: Via }

/** When a row was asked for and when it was there, ms on the monotonic clock. */
interface Times {
  readonly askedAt: number
  readonly readAt: number
}

/** Whom a row tells of. */
export function knownOf(row: KnownRow, times: Times, binding: Pick<Binding, 'networkOf'> | null): Known {
  const { session_id: signInId, user_id: userId, login, email, name, roles, factors, host, snapshot, via } = row
  const absoluteExpiresAt = row.expires_at.getTime()
  const movedAt = row.moved_at?.getTime()
  const signedIn = { userId, signInId, login, email, name, roles, factors, absoluteExpiresAt }
  const principal = { ...signedIn, ...(movedAt !== undefined && { movedAt }), ...(via !== undefined && { via }) }
  const left = row.roles_left_ms
  // From before the question was sent, so that what is added is never more than was left.
  const known = {
    principal,
    host,
    snapshot,
    readAt: times.readAt,
    ...(left !== null && { rolesUntil: times.askedAt + left }),
  }
  return binding === null ? known : { ...known, shown: shownOf(row, binding.networkOf) }
}
