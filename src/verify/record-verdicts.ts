import type { Decisions } from '../audit/decisions.ts'
import type { Settle } from './verdict.ts'

/** Notes every verdict as it is told to the visitor. */
export function recordVerdicts(settle: Settle, decisions: Pick<Decisions, 'note'>): Settle {
  return (decision, original) => {
    const verdict = settle(decision, original)
    decisions.note(verdict.decision, verdict.parts.decisionId, original)
    return verdict
  }
}
