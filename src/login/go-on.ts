import { recordEvent } from '../audit/events.ts'
import type { AuditEvent } from '../audit/events.ts'
import { judgeRisk } from '../limits/risk.ts'
import type { Risk } from '../limits/risk.ts'
import { notify } from '../mail/outbox.ts'
import type { Queryable } from '../store/database.ts'
import { findStanding } from '../users/demands.ts'
import type { Standing } from '../users/demands.ts'
import { endPrevious, startSignIn } from './start-sign-in.ts'
import type { Proven, SignInOutcome } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'
import { weighSignIn } from './weigh-sign-in.ts'
import { whatIsLacking } from './what-is-lacking.ts'

/** How long somebody is told to wait whose sign-in was too unlike him. */
const STOP_S = 3_600

/** What follows a first proof: a sign-in, a step that is missing, or a stop. All of it is one transaction. */
export async function goOn(parts: SignInParts, proven: Proven): Promise<SignInOutcome> {
  const outcome = await parts.database.transaction(async (tx) => {
    const standing = await findStanding(tx, proven.userId)
    return standing === null ? REFUSED : decide(tx, parts, proven, standing)
  })
  if (outcome.kind === 'signed_in') await endPrevious(parts, proven)
  return outcome
}

const REFUSED = { kind: 'refused' } as const

async function decide(tx: Queryable, parts: SignInParts, proven: Proven, standing: Standing): Promise<SignInOutcome> {
  const { userId, sessionEpoch, factors, remember, visit } = proven
  const { device, risk } = await weighSignIn(tx, parts, proven)
  const verdict = judgeRisk(risk, parts.risk)
  if (verdict.stop && !standing.isBreakGlass) return stop(tx, proven, standing, risk)
  const known = { standing, isTrusted: device?.isTrusted === true && !verdict.secondFactor }
  const lacking = await whatIsLacking(tx, parts, proven, known)
  const about = { userId, login: standing.login, sessionEpoch, factors, remember }
  if (lacking.kind === 'nothing')
    return startSignIn(tx, parts, { ...about, visit, risk, standing, trusts: false, enrolBy: lacking.enrolBy })
  const pending = await parts.pending.open(tx, {
    ...about,
    next: lacking.kind,
    address: visit.address,
    risk,
  })
  await recordEvent(tx, {
    type: 'sign_in_half_done',
    result: 'success',
    ...whose(proven, standing),
    riskScore: risk.score,
    details: { factors: Object.keys(factors), next: lacking.kind, reasons: risk.reasons },
  })
  return { kind: 'half_done', pending, next: lacking }
}

/** Too unlike this user to go on, though the password fits: told like too many attempts, so that it tells nothing. */
async function stop(tx: Queryable, proven: Proven, standing: Standing, risk: Risk): Promise<SignInOutcome> {
  const { userId, visit } = proven
  await recordEvent(tx, {
    type: 'sign_in_stopped',
    result: 'failure',
    ...whose(proven, standing),
    riskScore: risk.score,
    details: { reasons: risk.reasons },
  })
  await notify(tx, userId, 'sign_in_stopped', { address: visit.address, userAgent: visit.userAgent })
  return { kind: 'stopped', retryAfterS: STOP_S }
}

function whose(
  { userId, visit: { address, userAgent } }: Proven,
  { login }: Standing,
): Pick<AuditEvent, 'actor' | 'resource' | 'address' | 'userAgent'> {
  return { actor: { userId, login }, resource: `user:${login}`, address, userAgent }
}
