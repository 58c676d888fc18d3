import type { OriginalRequest } from '../lib/original-request.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Way } from '../observe/verify-durations.ts'
import type { RefuseReason } from '../policies/decision.ts'
import type { Answer } from './answer.ts'
import { callerFault } from './caller.ts'
import type { CallerRules } from './caller.ts'
import type { Dialect } from './dialects/dialect.ts'
import type { Settle } from './verdict.ts'
import { verify } from './verify.ts'
import type { Outcome, VerifyParts } from './verify.ts'
import { createWireReader } from './wire.ts'
import type { WireHeaders, WireRequest } from './wire.ts'

export interface GatewayParts extends VerifyParts {
  readonly callers: CallerRules
  readonly settle: Settle
  readonly metrics: Pick<Metrics, 'verified'>
}

/** Answers verify requests, the same for every server that reads them off a wire. Never throws, never rejects. */
export type Gateway = (dialect: Dialect, request: WireRequest) => Answer | Promise<Answer>

/** Builds the gateway: read, verify, write, count. */
export function createGateway(parts: GatewayParts): Gateway {
  const readHeaders = createWireReader()
  const answer = (asked: Asked, outcome: Outcome, original: OriginalRequest | null): Answer => {
    const { decision, parts: answerParts } = parts.settle(outcome.decision, original, asked.dialect.name)
    parts.metrics.verified(decision, asked, outcome.tier, (performance.now() - asked.startedAt) / 1_000)
    return asked.dialect.write(decision, answerParts)
  }
  const fault = (asked: Asked, error: unknown): Answer => {
    parts.log.error({ err: error }, 'verify failed')
    return answer(asked, { decision: { kind: 'fault' }, tier: 'none' }, null)
  }
  return (dialect, request) => {
    const asked = { dialect, lane: request.lane ?? 'ordinary', startedAt: performance.now() }
    try {
      const headers = readHeaders(request.rawHeaders, dialect.wanted, parts.policy().aliasGuard)
      const original = readOriginal(parts.callers, dialect, request, headers)
      if (typeof original === 'string') return answer(asked, refused(original), null)
      const outcome = verify(parts, original, headers)
      if (!(outcome instanceof Promise)) return answer(asked, outcome, original)
      return outcome.then((late) => answer(asked, late, original)).catch((error: unknown) => fault(asked, error))
    } catch (error) {
      return fault(asked, error)
    }
  }
}

/** A question that is under way. */
interface Asked extends Way {
  readonly dialect: Dialect
  /** ms, monotonic. */
  readonly startedAt: number
}

function readOriginal(
  callers: CallerRules,
  dialect: Dialect,
  request: WireRequest,
  headers: WireHeaders,
): OriginalRequest | RefuseReason {
  const fault = callerFault(callers, request.peer, headers.secret) ?? headers.fault
  return fault ?? dialect.read(request, headers, callers.trustedProxies)
}

function refused(reason: RefuseReason): Outcome {
  return { decision: { kind: 'refuse', reason }, tier: 'none' }
}
