import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import { verdictFor } from './compile-rule.ts'
import type { CompiledRule } from './compile-rule.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Decision, Rule } from './decision.ts'
import { readAsked } from './asked.ts'
import { decide } from './evaluate.ts'
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

/** What the rules in monitor mode would have made of a request, each by itself, had matching come to them. */
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
  return watchingRules(asked, visitor).map((rule) => {
    return { app: asked.app.name, rule: rule.rule, decision: decide(verdictFor(rule, asked.method), principal, nowMs) }
  })
}

/** Those that some reading of the path meets before the rule that decides it. */
function watchingRules(asked: Asked, visitor: Visitor): readonly CompiledRule[] {
  const { app, method } = asked
  const { paths, hasQueryOf } = lookUps(asked) ?? { paths: [], hasQueryOf: () => false }
  const places = paths.flatMap(([{ index, overlay }, path]) => {
    return overlay?.findAll(path, method, visitor, index.find(path, method, visitor)) ?? []
  })
  const inOrder = [...new Set(places)].toSorted((one, other) => one - other)
  return inOrder
    .flatMap((place) => app.rules[place] ?? [])
    .filter((rule) => rule.part === 'watches' && hasQueryOf(rule))
}
