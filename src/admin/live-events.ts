import { EVENT_TYPES } from '../audit/events.ts'
import type { OwnPermission } from '../lib/permissions.ts'

/** What is told of live, each with what it takes to hear of it. */
export const LIVE_TYPES = {
  session: 'postern.sessions:read',
  sign_in: 'postern.audit:read',
  refusal: 'postern.audit:read',
  audit: 'postern.audit:read',
  policy: 'postern.policy:read',
  health: 'postern.system:read',
} as const satisfies Readonly<Record<string, OwnPermission>>

export type LiveType = keyof typeof LIVE_TYPES

/** One thing that happened, or `lost` where more happened than is told one by one. */
export interface LiveEvent {
  readonly type: LiveType
  readonly at: string
  readonly data: Readonly<Record<string, unknown>>
}

/** An event of the audit log as far as it is told live: no details, no addresses. */
export interface HappenedEvent {
  readonly at: Date
  readonly type: string
  readonly result: string
  readonly login: string | null
  readonly resource: string | null
}

const SIGN_INS = new Set([
  'sign_in',
  'sign_in_half_done',
  'sign_in_second_factor',
  'sign_in_stopped',
  'sign_in_throttled',
])
const STARTS = new Set(['sign_in', 'sign_in_second_factor'])
const ENDS = new Set([
  'sign_out',
  'session_revoked',
  'password_changed',
  'password_reset',
  'user_disabled',
  'user_deleted',
])

/** What an event of the log means to those who listen: itself, and what else it tells of. */
export function liveEventsOf({ at, type, result, login, resource }: HappenedEvent): readonly LiveEvent[] {
  const told = { at: at.toISOString(), data: { event: type, result, login, resource } }
  const types: LiveType[] = ['audit']
  if (SIGN_INS.has(type)) types.push('sign_in')
  if (result === 'success' && (STARTS.has(type) || ENDS.has(type))) types.push('session')
  if (aboutOf(type) === 'policy') types.push('policy')
  return types.map((each) => ({ type: each, ...(each === 'session' ? withoutWho(told, type) : told) }))
}

/** Whoever sees sign-ins learns from the list who it is; that somebody failed is the log's to tell. */
function withoutWho({ at }: Pick<LiveEvent, 'at'>, type: string): Pick<LiveEvent, 'at' | 'data'> {
  return { at, data: { event: STARTS.has(type) ? 'started' : 'ended' } }
}

function aboutOf(type: string): string | null {
  return Object.hasOwn(EVENT_TYPES, type) ? EVENT_TYPES[type as keyof typeof EVENT_TYPES].about : null
}
