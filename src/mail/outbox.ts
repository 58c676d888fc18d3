import type { Queryable } from '../store/database.ts'
import { QUEUE_FOR_ADDRESS, QUEUE_FOR_HOLDERS, QUEUE_FOR_USER } from './outbox-table.ts'

/** What people are told of by mail after it has happened. */
export type NoticeKind =
  | 'password_changed'
  | 'password_reset'
  | 'email_changed'
  | 'factor_added'
  | 'factor_removed'
  | 'factors_reset'
  | 'recovery_codes_renewed'
  | 'recovery_code_used'
  | 'passkey_copy_suspected'
  | 'new_device'
  | 'sign_in_stopped'
  | 'device_trusted'
  | 'api_token_created'
  | 'break_glass_used'
  | 'role_granted'
  | 'grant_revoked'
  | 'grant_expired'
  | 'session_moved'
  | 'session_moved_ended'
  | 'many_networks'
  | 'sign_in_burst'

/** What a notice tells besides. Nothing of it is a secret, and nothing may be what somebody typed. */
export interface NoticeDetails {
  readonly address?: string | null
  readonly userAgent?: string
  /** Which second factor. */
  readonly factor?: 'totp' | 'webauthn' | 'recovery'
  /** Role of a grant, and when that ends, ISO 8601. */
  readonly role?: string
  readonly until?: string
  /** Whom it is about, where that is somebody else than the reader. */
  readonly login?: string
}

const MAX_USER_AGENT = 512

/**
 * Queues a mail to the user's stored address in the transaction of what it tells of. Without a mail server it is never
 * sent, and gone after a day.
 */
export async function notify(
  tx: Queryable,
  userId: string,
  kind: NoticeKind,
  details: NoticeDetails = {},
): Promise<void> {
  await tx.query(QUEUE_FOR_USER, userId, kind, toJson(details))
}

/** The same to everybody who holds a role, such as administrators after a break-glass account was used. */
export async function notifyHolders(
  tx: Queryable,
  role: string,
  kind: NoticeKind,
  details: NoticeDetails = {},
): Promise<void> {
  await tx.query(QUEUE_FOR_HOLDERS, role, kind, toJson(details))
}

/** To an address that isn't the stored one, or no longer; `details` as the letter of that kind needs them. */
export async function queueForAddress(
  tx: Queryable,
  { userId, email }: { readonly userId: string | null; readonly email: string },
  kind: 'invitation' | 'email_confirm' | 'email_change_requested' | 'email_changed',
  details: Readonly<Record<string, string | null>>,
): Promise<void> {
  await tx.query(QUEUE_FOR_ADDRESS, userId, email, kind, JSON.stringify(details))
}

function toJson({ userAgent, ...others }: NoticeDetails): string {
  return JSON.stringify({
    ...others,
    ...(userAgent !== undefined && { userAgent: userAgent.slice(0, MAX_USER_AGENT) }),
  })
}
