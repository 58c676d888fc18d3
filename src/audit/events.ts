import { currentOrigin } from '../observe/origin.ts'
import type { Queryable } from '../store/database.ts'
import { INSERT_EVENT } from './events-table.ts'

/** What an event does, what it is about, and the fields that its details may have beside those that all may have. */
export interface EventKind {
  readonly action: 'access' | 'create' | 'change' | 'delete' | 'read' | 'refuse' | 'start' | 'stop' | 'warn'
  readonly about: 'app' | 'audit' | 'database' | 'key' | 'policy' | 'program' | 'route' | 'session' | 'user'
  readonly details: readonly string[]
}

/** Every event that is written down. docs/audit-events.md says of each when. */
export const EVENT_TYPES = {
  sign_in: { action: 'access', about: 'user', details: ['factor', 'factors', 'reasons'] },
  sign_in_half_done: { action: 'access', about: 'user', details: ['factors', 'next', 'reasons'] },
  sign_in_second_factor: { action: 'access', about: 'user', details: ['factor', 'factors', 'reasons'] },
  sign_in_stopped: { action: 'refuse', about: 'user', details: ['reasons'] },
  sign_in_throttled: { action: 'refuse', about: 'user', details: ['factor'] },
  step_up: { action: 'access', about: 'user', details: ['factor', 'factors'] },
  break_glass_used: { action: 'warn', about: 'user', details: ['factors', 'reasons'] },
  password_change_demanded: { action: 'change', about: 'user', details: [] },
  sign_out: { action: 'stop', about: 'session', details: ['reason'] },
  session_revoked: { action: 'stop', about: 'user', details: ['ended', 'id'] },
  password_changed: { action: 'change', about: 'user', details: ['ended', 'must_change'] },
  password_reset_requested: { action: 'create', about: 'user', details: [] },
  password_reset: { action: 'change', about: 'user', details: [] },
  email_change_requested: { action: 'create', about: 'user', details: [] },
  email_verification_requested: { action: 'create', about: 'user', details: [] },
  email_changed: { action: 'change', about: 'user', details: ['stopped', 'verified'] },
  email_verified: { action: 'change', about: 'user', details: [] },
  invitation_sent: { action: 'create', about: 'user', details: ['email', 'id', 'roles'] },
  invitation_revoked: { action: 'delete', about: 'user', details: ['email', 'id'] },
  invitation_accepted: { action: 'create', about: 'user', details: ['id', 'roles'] },
  factor_added: { action: 'create', about: 'user', details: ['factor'] },
  factor_renamed: { action: 'change', about: 'user', details: ['factor', 'id'] },
  factor_removed: { action: 'delete', about: 'user', details: ['factor', 'id'] },
  factors_reset: { action: 'delete', about: 'user', details: ['removed'] },
  recovery_codes_renewed: { action: 'create', about: 'user', details: ['factor'] },
  passkey_copy_suspected: { action: 'warn', about: 'user', details: ['id'] },
  device_trusted: { action: 'change', about: 'user', details: ['factors', 'reasons'] },
  device_forgotten: { action: 'delete', about: 'user', details: ['id'] },
  attempts_cleared: { action: 'delete', about: 'user', details: ['cleared', 'network'] },
  api_token_created: { action: 'create', about: 'user', details: ['expires_at', 'id', 'name', 'scope'] },
  api_token_revoked: { action: 'delete', about: 'user', details: ['id', 'name'] },
  user_created: { action: 'create', about: 'user', details: ['break_glass', 'first_run', 'roles'] },
  user_changed: { action: 'change', about: 'user', details: ['fields'] },
  roles_changed: { action: 'change', about: 'user', details: ['added', 'removed'] },
  role_granted: { action: 'change', about: 'user', details: ['id', 'reason', 'role', 'until'] },
  grant_revoked: { action: 'change', about: 'user', details: ['id', 'role'] },
  grant_expired: { action: 'change', about: 'user', details: ['id', 'role'] },
  notice_set: { action: 'change', about: 'app', details: ['until'] },
  notice_cleared: { action: 'change', about: 'app', details: [] },
  user_disabled: { action: 'change', about: 'user', details: ['ended'] },
  user_enabled: { action: 'change', about: 'user', details: [] },
  user_deleted: { action: 'delete', about: 'user', details: [] },
  users_imported: { action: 'create', about: 'user', details: ['by', 'created', 'updated'] },
  users_exported: { action: 'read', about: 'user', details: ['count'] },
  first_run_offered: { action: 'create', about: 'user', details: [] },
  policy_applied: { action: 'change', about: 'policy', details: ['by', 'reason', 'version'] },
  key_created: { action: 'create', about: 'key', details: ['purpose'] },
  key_rewrapped: { action: 'change', about: 'key', details: ['purpose'] },
  key_rotated: { action: 'create', about: 'key', details: ['id', 'purpose'] },
  key_retired: { action: 'change', about: 'key', details: ['id', 'purpose'] },
  key_ended: { action: 'delete', about: 'key', details: ['id', 'purpose'] },
  program_started: { action: 'start', about: 'program', details: ['settings', 'version'] },
  program_stopped: { action: 'stop', about: 'program', details: ['version'] },
  backup_made: { action: 'read', about: 'database', details: ['bytes', 'rows', 'schema'] },
  database_restored: {
    action: 'create',
    about: 'database',
    details: ['created', 'replaced', 'rows', 'schema', 'version'],
  },
  session_moved: {
    action: 'warn',
    about: 'session',
    details: ['began_at', 'began_on', 'device', 'ended', 'login', 'network', 'reason'],
  },
  anomaly_sign_in_burst: {
    action: 'warn',
    about: 'user',
    details: ['names', 'network', 'reason', 'threshold', 'usual'],
  },
  anomaly_many_networks: { action: 'warn', about: 'user', details: ['networks', 'reason', 'threshold'] },
  audit_searched: { action: 'read', about: 'audit', details: ['filters'] },
  audit_delivery_restarted: { action: 'change', about: 'audit', details: ['from', 'sink'] },
  audit_exported: { action: 'read', about: 'audit', details: ['filters', 'format'] },
  permission_refused: { action: 'refuse', about: 'route', details: [] },
  proof_refused: { action: 'refuse', about: 'route', details: [] },
  cross_site_refused: { action: 'refuse', about: 'route', details: [] },
  rate_limited: { action: 'refuse', about: 'route', details: [] },
} as const satisfies Readonly<Record<string, EventKind>>

export type EventType = keyof typeof EVENT_TYPES

/** What the details of any event may have: who called a command, and of what is counted how often. */
export const COMMON_DETAILS = ['command', 'operator', 'times', 'users'] as const

export interface AuditEvent {
  readonly type: EventType
  readonly result: 'success' | 'failure'
  /** Who did it; null for an operator at a shell, and for people who are not known. */
  readonly actor: { readonly userId: string; readonly login: string } | null
  /** The sign-in that asked, or the one that began; that of the request unless given. */
  readonly signInId?: string
  /** What it was done to, such as `user:alice`. */
  readonly resource?: string
  /** That of the request unless given. */
  readonly address?: string | null
  readonly userAgent?: string
  /** That of the request or command unless given. */
  readonly requestId?: string
  /** 0 to 100, where it was weighed. */
  readonly riskScore?: number
  /** What else explains it, by the names of the catalogue. Never a secret, never what somebody typed. */
  readonly details?: Readonly<Record<string, unknown>>
}

const MAX_USER_AGENT = 512

/** Writes an event down in the transaction of what it tells of, so that neither stands without the other. */
export async function recordEvent(tx: Queryable, event: AuditEvent): Promise<void> {
  const origin = currentOrigin()
  const { command = null } = origin ?? {}
  const operator = command === null ? {} : { operator: command.operator, command: command.name }
  await tx.query(
    INSERT_EVENT,
    event.type,
    event.result,
    event.actor?.userId ?? null,
    event.actor?.login ?? null,
    event.signInId ?? origin?.signInId ?? null,
    event.resource ?? null,
    event.address ?? origin?.address ?? null,
    (event.userAgent ?? origin?.userAgent ?? '').slice(0, MAX_USER_AGENT),
    event.riskScore ?? null,
    JSON.stringify({ ...event.details, ...operator }),
    EVENT_TYPES[event.type].action,
    event.requestId ?? origin?.requestId ?? null,
  )
}
