import { withDeadline } from '../lib/deadline.ts'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { Log } from '../observe/log.ts'
import type { Tier } from '../observe/metrics.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { App, Decision, Judgement } from '../policies/decision.ts'
import { decide, judge } from '../policies/evaluate.ts'
import type { Outage } from '../sessions/outage.ts'
import type { Read } from '../sessions/principal-reader.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { DOUBLED } from '../web/cookies.ts'
import { readSessionCookie, tokenHostOn } from '../web/session-cookies.ts'
import type { SessionCookies } from '../web/session-cookies.ts'
import type { Watch } from './watch.ts'

/** A decision and where the principal for it came from. */
export interface Outcome {
  readonly decision: Decision
  readonly tier: Tier
}

export interface VerifyParts {
  readonly policy: () => CompiledPolicy
  readonly sessions: Pick<Sessions, 'find'>
  readonly outage: Pick<Outage, 'unreachable'>
  readonly cookies: SessionCookies
  /** Told of every request to an app that has rules in monitor mode. */
  readonly watch: Watch
  readonly log: Pick<Log, 'error'>
}

/** Whole verify, database read included. */
const DEADLINE_MS = 500
const FAULT: Outcome = { decision: { kind: 'fault' }, tier: 'l3' }

/**
 * May this pass, and who is it? Rules are asked before credentials, so a public path never touches a session. A
 * promise only where the database must be read; it never rejects: what fails or is late is a fault, never a yes.
 * @param cookieHeaders the raw Cookie headers, one text each
 */
export function verify(
  parts: VerifyParts,
  original: OriginalRequest,
  cookieHeaders: readonly string[],
): Outcome | Promise<Outcome> {
  const policy = parts.policy()
  const judged = { policy, judgement: judge(policy, original), original }
  const app = appToAskFor(judged.judgement)
  if (app === null) return conclude(parts, judged, NOBODY)
  const found = findVisitor(parts, app, original, cookieHeaders)
  if (!(found instanceof Promise))
    return conclude(parts, judged, found === null ? NOBODY : { principal: found, tier: 'l1' })
  return withDeadline(found, DEADLINE_MS)
    .then((read) => conclude(parts, judged, read))
    .catch((error: unknown) => {
      parts.log.error({ err: error }, 'the principal can not be read')
      // Whom a page for everybody would only have been told of must not close it.
      return judged.judgement.kind === 'anyone' ? conclude(parts, judged, NOBODY) : FAULT
    })
}

/** What is known before anybody was asked for. */
interface Judged {
  readonly policy: CompiledPolicy
  readonly judgement: Judgement
  readonly original: OriginalRequest
}

interface Visitor {
  readonly principal: Principal | null
  readonly tier: Tier
}

const NOBODY: Visitor = { principal: null, tier: 'none' }

function conclude(parts: VerifyParts, { policy, judgement, original }: Judged, { principal, tier }: Visitor): Outcome {
  if (appToAskFor(judgement)?.watches === true) parts.watch(policy, original, principal)
  return { decision: decide(judgement, principal, Date.now()), tier }
}

/** The app that must know its visitor, or is told or watched; null where nobody is asked for. */
function appToAskFor(judgement: Judgement): App | null {
  switch (judgement.kind) {
    case 'require':
    case 'personal':
      return judgement.app
    case 'anyone':
      return judgement.identify || judgement.app.watches ? judgement.app : null
    case 'forbid':
    case 'refuse':
      return null
  }
}

function findVisitor(
  parts: VerifyParts,
  app: App,
  original: OriginalRequest,
  cookieHeaders: readonly string[],
): Principal | null | Promise<Read> {
  const { name: hostName } = original.host
  const token = readSessionCookie(parts.cookies, cookieHeaders, hostName)
  if (token === null || token === DOUBLED) return null
  if (app.outage === 'closed' && parts.outage.unreachable)
    return Promise.reject(new Error(`${app.name} is closed while the database is out of reach`))
  return parts.sessions.find(token, tokenHostOn(parts.cookies, hostName))
}
