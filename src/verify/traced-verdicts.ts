import type { SpanFacts, Tracing } from '../observe/traces.ts'
import type { Decision } from '../policies/decision.ts'
import type { GatewayParts } from './gateway.ts'

type Traced = Pick<GatewayParts, 'settle' | 'metrics'>

/** The same parts, which tell the span that is current what was decided of whom, and where that was known. */
export function tracedVerdicts<Parts extends Traced>(parts: Parts, tracing: Tracing): Parts {
  const { settle, metrics } = parts
  const told: Traced = {
    settle(decision, original, dialect) {
      const verdict = settle(decision, original, dialect)
      const span = tracing.current
      const id = verdict.parts.decisionId
      span?.tell({ ...factsOf(verdict.decision), 'postern.decision.id': id === '' ? undefined : id })
      if (verdict.decision.kind === 'fault') span?.fail('fault')
      return verdict
    },
    metrics: {
      ...metrics,
      verified(decision, way, tier, seconds) {
        metrics.verified(decision, way, tier, seconds)
        tracing.current?.tell({ 'postern.dialect': way.dialect.name, 'postern.lane': way.lane, 'postern.tier': tier })
      },
    },
  }
  return { ...parts, ...told }
}

function factsOf(decision: Decision): SpanFacts {
  const facts = { 'postern.decision': decision.kind }
  switch (decision.kind) {
    case 'allow':
    case 'forbid': {
      const { app, rule, principal } = decision
      const reason = decision.kind === 'forbid' ? decision.reason : undefined
      return {
        ...facts,
        'postern.reason': reason,
        'postern.app': app?.name,
        'postern.rule': rule?.number,
        'enduser.id': principal?.userId,
      }
    }
    case 'sign_in':
      return { ...facts, 'postern.reason': decision.reason, 'postern.app': decision.app.name }
    case 'refuse':
      return { ...facts, 'postern.reason': decision.reason }
    case 'fault':
      return facts
  }
}
