import type { Principal } from '../lib/principal.ts'
import type { Decision, Demand, ForbidReason, Required, SignInReason } from './decision.ts'

/**
 * What becomes of somebody, or nobody, where somebody is asked for. What can't be met outweighs what still can; the rule
 * that is named is the one whose demand it was.
 */
export function decideRequired({ app, rule, demands }: Required, principal: Principal | null, nowMs: number): Decision {
  if (principal === null) return { kind: 'sign_in', app, rule, reason: 'nobody', principal }
  for (const demand of demands) {
    const reason = whatIsLacking(demand, principal)
    if (reason !== null) return { kind: 'forbid', reason, app, rule: demand.rule, principal }
  }
  // Who has no second factor need not give his first again only to be told so.
  for (const wanted of ['second_factor', 'too_long_ago'] as const) {
    const demand = demands.find((each) => whatToProve(each, principal, nowMs) === wanted)
    if (demand === undefined) continue
    // A program can't be asked for more, and its owner would look for the page in vain.
    if (principal.via !== undefined)
      return { kind: 'forbid', reason: 'needs_sign_in', app, rule: demand.rule, principal }
    return { kind: 'sign_in', app, rule: demand.rule, reason: wanted, principal }
  }
  return { kind: 'allow', app, rule, principal }
}

function whatIsLacking({ roleSets, logins }: Demand, { login, roles }: Principal): ForbidReason | null {
  if (logins !== null && !logins.has(login)) return 'not_named'
  return roleSets.every((set) => roles.some((role) => set.has(role))) ? null : 'missing_role'
}

/** As many factors as are asked for count from the one of them that was proven longest ago. */
function whatToProve({ factors, maxAuthAgeMs }: Demand, principal: Principal, nowMs: number): SignInReason | null {
  if (factors === 1 && maxAuthAgeMs === null) return null
  const times = Object.values(principal.factors).toSorted((one, other) => other - one)
  const provenAt = times[factors - 1]
  if (provenAt === undefined) return 'second_factor'
  return maxAuthAgeMs !== null && nowMs - provenAt > maxAuthAgeMs ? 'too_long_ago' : null
}
