import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import { verdictFor } from './compile-rule.ts'
import type { CompiledRule } from './compile-rule.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Decision, Judgement, Rule } from './decision.ts'
import { readAsked } from './asked.ts'
import { decide, moreRestrictive } from './evaluate.ts'
import { lookUps } from './look-ups.ts'
import type { Asked } from './asked.ts'
import type { Visitor } from './path-index.ts'

/** What a rule in monitor mode would have decided. */
export interface WouldBe {
  /** Name of the app. */
  readonly app: string
  readonly rule: Rule
  readonly decision: Decision
}

/**
 * What the rules in monitor mode would have made of a request, each by itself, had matching come to them: the strictest
 * of all methods that the app may take it for.
 */
export function wouldBe(
  policy: CompiledPolicy,
  original: OriginalRequest,
  principal: Principal | null,
  nowMs: number,
): readonly WouldBe[] {
  const asked = readAsked(policy, original)
  if ('kind' in asked || !asked.app.watches) return []
  const { clientAddress } = original
  const visitor = principal === null ? original : { clientAddress, login: principal.login }
  const { app, method, others } = asked
  const verdicts = new Map<CompiledRule, Judgement>()
  for (const each of [method, ...others]) {
    for (const rule of watchingRules({ ...asked, method: each }, visitor)) {
      const verdict = verdictFor(rule, each)
      verdicts.set(rule, moreRestrictive(verdicts.get(rule) ?? verdict, verdict))
    }
  }
  const inOrder = [...verdicts].toSorted(([{ rule: one }], [{ rule: other }]) => one.number - other.number)
  return inOrder.map(([{ rule }, verdict]) => {
    return { app: app.name, rule, decision: decide(verdict, principal, nowMs) }
  })
}

/** Those that some reading of the path meets before the rule that decides it. */
function watchingRules(asked: Asked, visitor: Visitor): readonly CompiledRule[] {
  const { app, method } = asked
  const { paths, hasQueryOf } = lookUps(asked) ?? { paths: [], hasQueryOf: () => false }
  const places = paths.flatMap(([{ index, overlay }, path]) => {
    return overlay?.findAll(path, method, visitor, index.find(path, method, visitor)) ?? []
  })
  return [...new Set(places)]
    .flatMap((place) => app.rules[place] ?? [])
    .filter((rule) => rule.part === 'watches' && hasQueryOf(rule))
}
