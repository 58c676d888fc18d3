import { withDeadline } from '../lib/deadline.ts'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Log } from '../observe/log.ts'
import type { Tier } from '../observe/metrics.ts'
import type { Decision } from '../policies/decision.ts'
import { decide, judge } from '../policies/evaluate.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Read } from '../sessions/principal-reader.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { DOUBLED } from '../web/cookies.ts'
import { readSessionCookie, tokenHostOn } from '../web/session-cookies.ts'
import type { SessionCookies } from '../web/session-cookies.ts'

/** A decision and where the principal for it came from. */
export interface Outcome {
  readonly decision: Decision
  readonly tier: Tier
}

export interface VerifyParts {
  readonly policy: () => CompiledPolicy
  readonly sessions: Pick<Sessions, 'find'>
  readonly cookies: SessionCookies
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
  const judgement = judge(parts.policy(), original)
  if (judgement.kind !== 'require') return { decision: decide(judgement, null), tier: 'none' }
  const { name: hostName } = original.host
  const token = readSessionCookie(parts.cookies, cookieHeaders, hostName)
  if (token === null || token === DOUBLED) return { decision: decide(judgement, null), tier: 'none' }
  const found = parts.sessions.find(token, tokenHostOn(parts.cookies, hostName))
  if (!(found instanceof Promise)) return { decision: decide(judgement, found), tier: found === null ? 'none' : 'l1' }
  const outcome = ({ principal, tier }: Read): Outcome => ({ decision: decide(judgement, principal), tier })
  return withDeadline(found, DEADLINE_MS)
    .then(outcome)
    .catch((error: unknown) => {
      parts.log.error({ err: error }, 'the principal can not be read')
      return FAULT
    })
}
