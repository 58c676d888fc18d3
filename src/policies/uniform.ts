import type { CompiledRule } from './compile-rule.ts'
import { verdictFor } from './compile-rule.ts'
import type { Demand, Judgement } from './decision.ts'
import { METHODS } from './method.ts'

/** By method number: the verdict that holds for every path whatsoever, or null where paths or visitors differ. */
export function uniformVerdicts(rules: readonly CompiledRule[], noRule: Judgement): (Judgement | null)[] {
  return METHODS.map((_, method) => uniformVerdict(rules, noRule, method))
}

/** All rules up to the first that takes every path must agree, for each of them may decide some path. */
function uniformVerdict(rules: readonly CompiledRule[], noRule: Judgement, method: number): Judgement | null {
  const verdicts = new Set<string>()
  for (const rule of rules) {
    if (rule.part === 'watches' || (rule.methods & (1 << method)) === 0) continue
    if (rule.part === 'adds' || rule.personal) return null
    const verdict = verdictFor(rule, method)
    verdicts.add(meaningOf(verdict))
    if (rule.catchesAll) return verdicts.size === 1 ? verdict : null
  }
  verdicts.add(meaningOf(noRule))
  return verdicts.size === 1 ? noRule : null
}

/** Equal for two verdicts that let the same people pass and tell the app the same. */
function meaningOf(verdict: Judgement): string {
  if (verdict.kind === 'anyone') return `anyone ${verdict.identify}`
  return verdict.kind === 'require' ? JSON.stringify(verdict.demands.map(meaningOfDemand)) : verdict.kind
}

function meaningOfDemand({ roleSets, logins, factors, maxAuthAgeMs }: Demand): unknown {
  return [roleSets.map((roles) => [...roles].sort()), logins && [...logins].sort(), factors, maxAuthAgeMs]
}
