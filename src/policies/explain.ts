import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { CompiledRule } from './compile-rule.ts'
import { verdictFor } from './compile-rule.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Decision } from './decision.ts'
import { readAsked } from './asked.ts'
import { decide, judge } from './evaluate.ts'
import { lookUps } from './look-ups.ts'
import type { Asked } from './asked.ts'
import type { LookUps } from './look-ups.ts'
import type { Form } from './forms.ts'
import { ALL_METHODS } from './method.ts'
import type { Entry, Visitor } from './path-index.ts'
import { createPathIndex, NO_RULE } from './path-index.ts'

/** What was decided and every step to it. */
export interface Explanation {
  readonly decision: Decision
  /** Null where the request belongs to no app or can't be read. */
  readonly app: string | null
  /** Every way in which the path was judged; empty where it wasn't, or where there are too many. */
  readonly readings: readonly ExplainedReading[]
}

/** One way to read the path: the most restrictive of them decides. */
export interface ExplainedReading {
  readonly path: string
  /** How the patterns are read. */
  readonly patterns: string
  /** Those that were looked at, up to the one that decides. */
  readonly rules: readonly ExplainedRule[]
}

/** One rule that was looked at. */
export interface ExplainedRule {
  readonly number: number
  readonly line: number
  readonly part: CompiledRule['part']
  /** Which of its conditions doesn't hold, or null for a rule that matches. */
  readonly missed: 'path' | 'login' | 'method' | 'network' | 'query' | null
  /** What it makes of the visitor by itself, where it matches. */
  readonly decision: Decision | null
}

/** Judges a request as `judge` does, and tells of every rule that was looked at. */
export function explain(
  policy: CompiledPolicy,
  original: OriginalRequest,
  principal: Principal | null,
  nowMs: number,
): Explanation {
  const decision = decide(judge(policy, original), principal, nowMs)
  const asked = readAsked(policy, original)
  if ('kind' in asked) return { decision, app: null, readings: [] }
  const { clientAddress } = original
  const visitor: Visitor = principal === null ? { clientAddress } : { clientAddress, login: principal.login }
  const { paths, hasQueryOf } = lookUps(asked) ?? { paths: [], hasQueryOf: () => false }
  const readings = paths.map(([form, path]): ExplainedReading => {
    const last = form.index.find(path, asked.method, visitor)
    const looked = last === NO_RULE ? asked.app.rules : asked.app.rules.slice(0, last + 1)
    const explainRule = (rule: CompiledRule): ExplainedRule => {
      const missed = whatMissed({ asked, form, path, visitor, hasQueryOf }, rule)
      const own = missed === null ? decide(verdictFor(rule, asked.method), principal, nowMs) : null
      return { number: rule.rule.number, line: rule.rule.source.line, part: rule.part, missed, decision: own }
    }
    return { path, patterns: form.name, rules: looked.map(explainRule) }
  })
  return { decision, app: asked.app.name, readings }
}

interface Look {
  readonly asked: Asked
  readonly form: Form
  readonly path: string
  readonly visitor: Visitor
  readonly hasQueryOf: LookUps['hasQueryOf']
}

/** Asks an index that holds this rule alone, so that what is told is what the matcher itself says. */
function whatMissed(look: Look, rule: CompiledRule): ExplainedRule['missed'] {
  const { clientAddress } = look.visitor
  const { methods, networks } = rule
  const anything = { order: 0, methods: ALL_METHODS, networks: null }
  if (!matches({ ...look, visitor: { clientAddress } }, rule, anything)) return 'path'
  if (!matches(look, rule, anything)) return 'login'
  if (!matches(look, rule, { ...anything, methods })) return 'method'
  if (!matches(look, rule, { ...anything, methods, networks })) return 'network'
  return look.hasQueryOf(rule) ? null : 'query'
}

function matches({ asked, form, path, visitor }: Look, { patterns }: CompiledRule, entry: Entry): boolean {
  const index = createPathIndex()
  for (const pattern of patterns) index.add(form.foldPattern(pattern), entry)
  return index.find(path, asked.method, visitor) !== NO_RULE
}
