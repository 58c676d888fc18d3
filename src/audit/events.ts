import type { Queryable } from '../store/database.ts'
import { INSERT_EVENT } from './events-table.ts'

/** The catalogue of what is written down; a new kind of event gets its line here. */
export const EVENT_TYPES = [
  'sign_in',
  'sign_in_second_factor',
  'sign_in_stopped',
  'step_up',
  'break_glass_used',
  'sign_out',
  'session_revoked',
  'password_changed',
  'password_reset_requested',
  'password_reset',
  'email_change_requested',
  'email_changed',
  'invitation_sent',
  'invitation_revoked',
  'invitation_accepted',
  'factor_added',
  'factor_renamed',
  'factor_removed',
  'factors_reset',
  'recovery_codes_renewed',
  'device_trusted',
  'device_forgotten',
  'attempts_cleared',
  'api_token_created',
  'api_token_revoked',
  'user_created',
  'user_changed',
  'user_disabled',
  'user_enabled',
  'user_deleted',
  'users_imported',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

export interface AuditEvent {
  readonly type: EventType
  readonly result: 'success' | 'failure'
  /** Who did it; null for an operator at a shell, and for people who are not known. */
  readonly actor: { readonly userId: string; readonly login: string } | null
  readonly signInId?: string
  /** What it was done to, such as `user:alice`. */
  readonly resource?: string
  readonly address?: string | null
  readonly userAgent?: string
  /** 0 to 100, where it was weighed. */
  readonly riskScore?: number
  /** What else explains it. Never a secret, never what somebody typed. */
  readonly details?: Readonly<Record<string, unknown>>
}

const MAX_USER_AGENT = 512

/** Writes an event down in the transaction of what it tells of, so that neither stands without the other. */
export async function recordEvent(tx: Queryable, event: AuditEvent): Promise<void> {
  await tx.query(
    INSERT_EVENT,
    event.type,
    event.result,
    event.actor?.userId ?? null,
    event.actor?.login ?? null,
    event.signInId ?? null,
    event.resource ?? null,
    event.address ?? null,
    (event.userAgent ?? '').slice(0, MAX_USER_AGENT),
    event.riskScore ?? null,
    JSON.stringify(event.details ?? {}),
  )
}
