import type { OriginalRequest } from '../lib/original-request.ts'
import { pathText } from '../lib/path-text.ts'
import { readAsked } from './asked.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Decision } from './decision.ts'
import { lookUps } from './look-ups.ts'
import { NO_RULE } from './path-index.ts'

/**
 * The path as the rule that decided read it, or as no rule took it. Null where that is the path as it was sent, where no
 * path was judged, and where a rule only added its demand.
 */
export function decidingReading(policy: CompiledPolicy, original: OriginalRequest, decision: Decision): string | null {
  if (decision.kind === 'refuse' || decision.kind === 'fault' || decision.app === null) return null
  const asked = readAsked(policy, original)
  if ('kind' in asked) return null
  const { rule, principal } = decision
  const { clientAddress, target } = original
  const visitor = principal === null ? { clientAddress } : { clientAddress, login: principal.login }
  const place = rule === null ? NO_RULE : asked.app.rules.findIndex((each) => each.rule.number === rule.number)
  const methods = [asked.method, ...asked.others]
  const readings = (lookUps(asked)?.paths ?? [])
    .filter(([form, path]) => methods.some((method) => form.index.find(path, method, visitor) === place))
    .map(([, path]) => path)
  const sent = [target.path, pathText(target.path), pathText(target.path, 'latin1')]
  return readings.some((reading) => sent.includes(reading)) ? null : (readings[0] ?? null)
}
