import { LRUCache } from 'lru-cache'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { wouldBe } from '../policies/monitor.ts'

/** Told of a request and who made it, to find out what rules in monitor mode would have made of it. */
export type Watch = (policy: CompiledPolicy, original: OriginalRequest, principal: Principal | null) => void

/** The same rule and visitor are told of once in this time. */
const QUIET_MS = 60_000
const MAX_REMEMBERED = 10_000

/** Counts and logs what would not have been let pass. */
export function createWatch(metrics: Pick<Metrics, 'monitored'>, log: Pick<Log, 'info'>): Watch {
  const told = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: QUIET_MS })
  return (policy, original, principal) => {
    for (const { app, rule, decision } of wouldBe(policy, original, principal, Date.now())) {
      if (decision.kind === 'allow') continue
      metrics.monitored(app, rule.number, decision.kind)
      const login = principal?.login ?? null
      const key = JSON.stringify([app, rule.number, login])
      if (told.has(key)) continue
      told.set(key, true)
      const reason = 'reason' in decision ? decision.reason : undefined
      log.info({ app, rule: rule.number, line: rule.source.line, login, wouldBe: decision.kind, reason }, 'monitor')
    }
  }
}
