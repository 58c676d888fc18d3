import type { OriginalRequest } from '../lib/original-request.ts'
import type { Log } from '../observe/log.ts'
import type { Tier } from '../observe/verify-durations.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { App, Decision, Judgement } from '../policies/decision.ts'
import { decide, judge } from '../policies/evaluate.ts'
import type { IsInScope } from '../policies/token-scope.ts'
import type { Credentials } from './credentials.ts'
import { findVisitor, NOBODY } from './find-visitor.ts'
import type { Visitor, VisitorParts } from './find-visitor.ts'
import type { Watch } from './watch.ts'

/** A decision and where the principal for it came from. */
export interface Outcome {
  readonly decision: Decision
  readonly tier: Tier
}

export interface VerifyParts extends VisitorParts {
  readonly policy: () => CompiledPolicy
  readonly isInScope: IsInScope
  /** Told of every request to an app that has rules in monitor mode. */
  readonly watch: Watch
  readonly log: Pick<Log, 'error'>
}

const FAULT: Outcome = { decision: { kind: 'fault' }, tier: 'l3' }

/**
 * May this pass, and who is it? Rules are asked before credentials, so a public path never touches a session. A
 * promise only where the database must be read or a password checked; it never rejects: what fails or is late is a
 * fault, never a yes.
 */
export function verify(
  parts: VerifyParts,
  original: OriginalRequest,
  credentials: Credentials,
): Outcome | Promise<Outcome> {
  const policy = parts.policy()
  const judged = { policy, judgement: judge(policy, original), original }
  const app = appToAskFor(judged.judgement)
  if (app === null) return conclude(parts, judged, NOBODY)
  const found = findVisitor(parts, app, original, credentials)
  if (!(found instanceof Promise)) return conclude(parts, judged, found)
  return found
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

function conclude(parts: VerifyParts, judged: Judged, visitor: Visitor): Outcome {
  const { policy, judgement, original } = judged
  const { principal, tier } = visitor
  if (appToAskFor(judgement)?.watches === true) parts.watch(policy, original, principal)
  const denial = visitor.denial !== undefined || principal?.via !== undefined ? denialOf(parts, judged, visitor) : null
  if (denial !== null) return { decision: denial, tier }
  const decision = decide(judgement, principal, Date.now())
  const isMove = visitor.moved === true && decision.kind === 'sign_in'
  return { decision: isMove ? { ...decision, reason: 'session_moved' } : decision, tier }
}

/**
 * What keeps out who came with `Authorization` before any rule is asked; null where nothing does. A page for everybody
 * stays open, and is told of nobody.
 */
function denialOf(
  { isInScope }: VerifyParts,
  { policy, judgement, original }: Judged,
  { principal, denial }: Visitor,
): Decision | null {
  if (judgement.kind === 'forbid' || judgement.kind === 'refuse') return null
  const { app, rule } = judgement
  const isOutside = principal?.via?.kind === 'api_token' && !isInScope(policy, app, original, principal.via.scope)
  const reason = denial ?? (isOutside ? 'outside_token_scope' : undefined)
  if (reason === undefined) return null
  if (judgement.kind === 'anyone') return decide(judgement, null, Date.now())
  if (reason === 'doubled_authorization' || reason === 'two_credentials') return { kind: 'refuse', reason }
  return { kind: 'forbid', reason, app, rule, principal }
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
