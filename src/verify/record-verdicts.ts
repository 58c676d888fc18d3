import type { Decisions } from '../audit/decisions.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { decidingReading } from '../policies/deciding-reading.ts'
import type { Settle } from './verdict.ts'

/** Notes every verdict, and gives each that lets nothing pass the number by which it is found. */
export function recordVerdicts(
  settle: Settle,
  decisions: Pick<Decisions, 'refused' | 'passed'>,
  policy: () => CompiledPolicy,
): Settle {
  return (given, original, dialect) => {
    const verdict = settle(given, original)
    const { decision, parts } = verdict
    if (decision.kind === 'allow' || decision.kind === 'sign_in') {
      decisions.passed(decision, original, dialect)
      return verdict
    }
    const readingOf = (): string | null => (original === null ? null : decidingReading(policy(), original, decision))
    const decisionId = decisions.refused(decision, original, { readingOf, ...(dialect && { dialect }) })
    return { decision, parts: { ...parts, decisionId } }
  }
}
