import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Decision } from './decision.ts'
import { outcomeOf, reasonWords, ruleOf, ruleWords } from './decision-words.ts'
import { explain } from './explain.ts'
import type { ExplainedReading, ExplainedRule } from './explain.ts'
import { PATH_FOLDS } from './path-folds.ts'

/** An explanation as programs get it, which is also what the text for people is made from. */
export interface ExplanationReport {
  readonly kind: Decision['kind']
  readonly reason: string | null
  /** The reason as a clause; empty where somebody passes. */
  readonly why: string
  readonly app: string | null
  readonly rule: RuleReport | null
  readonly readings: readonly ReadingReport[]
}

/** A rule and where it stands. */
export interface RuleReport {
  readonly number: number
  readonly line: number
  readonly text: string
}

/** One way to read the path, and what it came to by itself. */
export interface ReadingReport {
  readonly path: string
  /** How the patterns are read. */
  readonly patterns: string
  /** Why it is judged besides the path as it was sent: what some servers do to another reading; null for the first. */
  readonly because: FoldReport | null
  /** Kind and reason: `forbid missing_role`. */
  readonly outcome: string
  /** True where the whole decision is the one of this reading. */
  readonly decides: boolean
  readonly rules: readonly LookedAt[]
}

/** What some servers do to a path before they act on it. */
export interface FoldReport {
  readonly name: string
  readonly servers: string
  /** The reading that it was done to. */
  readonly of: string
}

/** One rule that was looked at. */
export interface LookedAt extends RuleReport {
  readonly part: ExplainedRule['part']
  /** The condition that doesn't hold, or null for a rule that matches. */
  readonly missed: ExplainedRule['missed']
  /** What it makes of the visitor, where it matches. */
  readonly outcome: string | null
}

const STRICTNESS: readonly string[] = ['allow', 'sign_in', 'forbid', 'refuse', 'fault']

/** What is decided for a request and why, reading by reading and rule by rule. */
export function explainRequest(
  policy: CompiledPolicy,
  original: OriginalRequest,
  principal: Principal | null,
  nowMs: number,
): ExplanationReport {
  const { decision, app, readings } = explain(policy, original, principal, nowMs)
  const texts = policy.apps.get(app ?? '')?.rules.map(({ rule }) => ruleWords(rule.source)) ?? []
  const paths = readings.map(({ path }) => path)
  const reports = readings.map((reading, index) => {
    return { ...reportReading(reading, decision, texts), because: becauseOf(reading.path, paths.slice(0, index)) }
  })
  return { ...reportDecision(decision), app, readings: reports }
}

/** A decision without any step to it, such as of a request that can't be read. */
export function reportDecision(decision: Decision): ExplanationReport {
  const rule = ruleOf(decision)
  const { number, source } = rule ?? {}
  return {
    kind: decision.kind,
    reason: 'reason' in decision ? decision.reason : null,
    why: reasonWords(decision),
    app: 'app' in decision ? (decision.app?.name ?? null) : null,
    rule: number === undefined || source === undefined ? null : { number, line: source.line, text: ruleWords(source) },
    readings: [],
  }
}

/** A reading comes from an earlier one by a fold; it may be there already, from another form of the patterns. */
function becauseOf(path: string, earlier: readonly string[]): FoldReport | null {
  for (const of of earlier) {
    const fold = of === path ? undefined : PATH_FOLDS.find((each) => each.fold(of) === path)
    if (fold !== undefined) return { name: fold.name, servers: fold.servers, of }
  }
  return null
}

function reportReading(
  reading: ExplainedReading,
  whole: Decision,
  texts: readonly string[],
): Omit<ReadingReport, 'because'> {
  const outcome = outcomeOfReading(reading)
  return {
    path: reading.path,
    patterns: reading.patterns,
    outcome,
    decides: outcome === outcomeOf(whole),
    rules: reading.rules.map(({ number, line, part, missed, decision }) => {
      const own = decision === null ? null : outcomeOf(decision)
      return { number, line, text: texts[number - 1] ?? '', part, missed, outcome: own }
    }),
  }
}

/** The first rule that decides, or none, and whatever rules add to it: the strictest counts. */
function outcomeOfReading({ rules }: ExplainedReading): string {
  const matching = rules.filter(({ missed }) => missed === null)
  const decides = matching.some(({ part }) => part === 'decides')
  const outcomes = matching
    .filter(({ part }) => part !== 'watches')
    .flatMap(({ decision }) => (decision === null ? [] : [outcomeOf(decision)]))
  const all = decides ? outcomes : [...outcomes, 'forbid no_rule']
  return all.reduce((one, next) => (strictnessOf(next) > strictnessOf(one) ? next : one))
}

function strictnessOf(outcome: string): number {
  return STRICTNESS.indexOf(outcome.split(' ')[0] ?? '')
}
