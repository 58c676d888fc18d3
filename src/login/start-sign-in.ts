import { recordEvent } from '../audit/events.ts'
import type { AuditEvent, EventType } from '../audit/events.ts'
import type { FactorTimes } from '../lib/principal.ts'
import type { Risk } from '../limits/risk.ts'
import { judgeRisk } from '../limits/risk.ts'
import { notify, notifyHolders } from '../mail/outbox.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { Queryable } from '../store/database.ts'
import { mintLink } from '../recovery/user-links.ts'
import type { Standing } from '../users/demands.ts'
import { languageOf } from '../users/language.ts'
import { holdSessionEpoch } from '../users/session-epoch.ts'
import { mustChangePassword } from '../users/users.ts'
import type { MustChange, Refused, SignedIn, Visit } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** A sign-in that lacks nothing any more. */
export interface Complete {
  readonly userId: string
  readonly login: string
  readonly sessionEpoch: number
  readonly factors: FactorTimes
  readonly remember: boolean
  readonly visit: Visit
  readonly risk: Risk
  readonly standing: Pick<Standing, 'isBreakGlass'>
  /** Whether this device need not give the second factor again for a while. */
  readonly trusts: boolean
  readonly enrolBy: Date | null
}

type Started = Complete & { readonly signInId: string }

const REFUSED: Refused = { kind: 'refused' }

/** For whoever has a new password to choose. */
const CHANGE_MS = 900_000

/**
 * Starts the sign-in with all that is told of it, in one transaction; refused when the user changed meanwhile. Whoever
 * has to change the password that he proved gets a link to do so instead.
 */
export async function startSignIn(
  tx: Queryable,
  parts: SignInParts,
  complete: Complete,
): Promise<SignedIn | MustChange | Refused> {
  const { userId, sessionEpoch, factors, remember, visit, enrolBy } = complete
  const { address, userAgent } = visit
  if (factors['password'] !== undefined && (await mustChangePassword(tx, userId))) {
    // Not by the password before: the link would be good for whoever the change is to keep out.
    if (!(await holdSessionEpoch(tx, userId, sessionEpoch))) return REFUSED
    const token = await mintLink(tx, parts.keys, { purpose: 'reset', userId, lifeMs: CHANGE_MS })
    if (token === null) return REFUSED
    await recordEvent(tx, eventOf(complete, 'password_change_demanded'))
    return { kind: 'must_change', token }
  }
  const session = await parts.sessions.start(tx, { userId, sessionEpoch, factors, address, userAgent, remember })
  if (session === null) return REFUSED
  const started = { ...complete, signInId: session.signInId }
  const device = await learnDevice(tx, parts, started)
  await tell(tx, parts, started)
  return { kind: 'signed_in', session, device, enrolBy, language: await languageOf(tx, userId) }
}

/** After the commit: the sign-in that this browser had before, and the line in the log. */
export async function endPrevious(
  { sessions, log }: SignInParts,
  { userId, visit: { address, userAgent, previous } }: Pick<Complete, 'userId' | 'visit'>,
): Promise<void> {
  if (previous !== null) {
    const { signInId } = previous
    await sessions.end(signInId, 'signed_in_again', (tx, actor) => {
      const details = { reason: 'signed_in_again' }
      const about = { actor, signInId, resource: `session:${signInId}`, address, userAgent, details }
      return recordEvent(tx, { type: 'sign_out', result: 'success', ...about })
    })
  }
  log.info({ userId, clientAddress: address }, 'sign-in succeeded')
}

async function learnDevice(tx: Queryable, parts: SignInParts, complete: Started): Promise<string | null> {
  const { userId, trusts, visit } = complete
  const { address, userAgent, deviceHash } = visit
  if (trusts) {
    await recordEvent(tx, eventOf(complete, 'device_trusted'))
    await notify(tx, userId, 'device_trusted', { address, userAgent })
  }
  const trust = trusts ? { trustForMs: parts.deviceTrustMs } : {}
  return parts.devices.learn(tx, { userId, deviceHash, address, userAgent, ...trust })
}

async function tell(tx: Queryable, parts: SignInParts, complete: Started): Promise<void> {
  const { userId, login, factors, visit, risk, standing } = complete
  const { address, userAgent } = visit
  const type = Object.keys(factors).length > 1 ? 'sign_in_second_factor' : 'sign_in'
  await recordEvent(tx, eventOf(complete, type))
  if (standing.isBreakGlass) {
    parts.log.error({ userId, login, clientAddress: address }, 'a break-glass account was used')
    await recordEvent(tx, eventOf(complete, 'break_glass_used'))
    await notifyHolders(tx, ADMIN_ROLE, 'break_glass_used', { address, userAgent, login })
  }
  const isNew = risk.reasons.some(({ reason }) => reason === 'new_device')
  if (isNew || judgeRisk(risk, parts.risk).notify) await notify(tx, userId, 'new_device', { address, userAgent })
}

/** What begins of it and what doesn't is told alike, but for the sign-in. */
function eventOf(complete: Complete & { readonly signInId?: string }, type: EventType): AuditEvent {
  const { userId, login, factors, visit, risk, signInId } = complete
  return {
    type,
    result: 'success',
    actor: { userId, login },
    ...(signInId !== undefined && { signInId }),
    resource: `user:${login}`,
    address: visit.address,
    userAgent: visit.userAgent,
    riskScore: risk.score,
    ...(type !== 'password_change_demanded' && {
      details: { factors: Object.keys(factors), reasons: risk.reasons },
    }),
  }
}
