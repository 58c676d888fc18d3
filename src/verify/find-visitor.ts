import { withDeadline } from '../lib/deadline.ts'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { Tier } from '../observe/verify-durations.ts'
import type { App, ForbidReason, RefuseReason } from '../policies/decision.ts'
import type { Outage } from '../sessions/outage.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { DOUBLED } from '../web/cookies.ts'
import { readSessionCookie, tokenHostOn } from '../web/session-cookies.ts'
import type { SessionCookies } from '../web/session-cookies.ts'
import { ourAuthorization } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import type { MachineClients } from './machine-clients.ts'

/** Who asks, and where that was known. */
export interface Visitor {
  readonly principal: Principal | null
  readonly tier: Tier
  /** True where a session is for nobody here, since it came from elsewhere on another device. */
  readonly moved?: boolean
  /** Why nobody was looked for, though there are credentials. */
  readonly denial?: Extract<RefuseReason, 'doubled_authorization' | 'two_credentials'> | Stopped
}

type Stopped = Extract<ForbidReason, 'too_many_attempts'>

export interface VisitorParts {
  readonly sessions: Pick<Sessions, 'find'>
  readonly machines: MachineClients
  readonly outage: Pick<Outage, 'unreachable'>
  readonly cookies: SessionCookies
}

export const NOBODY: Visitor = { principal: null, tier: 'none' }

/** Whole verify, database read included. */
const DEADLINE_MS = 500
/** Below the 3 s that proxies wait; after some wrong passwords a check waits up to 2 s before it begins. */
const PASSWORD_DEADLINE_MS = 2_800
const DOUBLED_AUTHORIZATION: Visitor = { ...NOBODY, denial: 'doubled_authorization' }
const TWO_CREDENTIALS: Visitor = { ...NOBODY, denial: 'two_credentials' }

/**
 * Who sends a request, by the session cookie or by what of `Authorization` is ours. Both together could mean two people,
 * so then it is nobody. A promise where memory doesn't know; it rejects where it can't be found out in time.
 */
export function findVisitor(
  parts: VisitorParts,
  app: App,
  original: OriginalRequest,
  { cookies, authorization }: Credentials,
): Visitor | Promise<Visitor> {
  const session = readSessionCookie(parts.cookies, cookies, original.host.name)
  if (authorization !== null) {
    if (authorization === DOUBLED) return DOUBLED_AUTHORIZATION
    const ours = ourAuthorization(app, authorization)
    if (ours !== null && session !== null) return TWO_CREDENTIALS
    if (ours !== null) {
      const deadlineMs = ours.kind === 'password' ? PASSWORD_DEADLINE_MS : DEADLINE_MS
      return isClosed(parts, app) ?? inTime(parts.machines.find(ours, original.clientAddress), deadlineMs)
    }
  }
  if (session === null || session === DOUBLED) return NOBODY
  const host = tokenHostOn(parts.cookies, original.host.name)
  return isClosed(parts, app) ?? inTime(parts.sessions.find(session, host, original), DEADLINE_MS)
}

function inTime(found: Principal | null | Promise<Visitor>, deadlineMs: number): Visitor | Promise<Visitor> {
  if (found === null) return NOBODY
  return found instanceof Promise ? withDeadline(found, deadlineMs) : { principal: found, tier: 'l1' }
}

function isClosed({ outage }: VisitorParts, app: App): Promise<never> | null {
  if (app.outage !== 'closed' || !outage.unreachable) return null
  return Promise.reject(new Error(`${app.name} is closed while the database is out of reach`))
}
