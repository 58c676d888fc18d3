import type { Principal } from '../lib/principal.ts'
import type { Decision, Demand, ForbidReason, Required, SignInReason } from './decision.ts'

/** What becomes of somebody, or nobody, where somebody is asked for. What can't be met outweighs what still can. */
export function decideRequired(required: Required, principal: Principal | null, nowMs: number): Decision {
  const { app, rule, demands } = required
  if (principal === null) return { kind: 'sign_in', app, rule, reason: 'nobody', principal }
  const lacking = first(demands, (demand) => whatIsLacking(demand, principal))
  if (lacking !== null) return { kind: 'forbid', reason: lacking, app, rule, principal }
  const reasons = demands.map((demand) => whatToProve(demand, principal, nowMs))
  // Who has no second factor need not give his first again only to be told so.
  const reason = reasons.find((each) => each === 'second_factor') ?? reasons.find((each) => each !== null)
  if (reason !== undefined && reason !== null) return { kind: 'sign_in', app, rule, reason, principal }
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

function first<T, R>(list: readonly T[], find: (item: T) => R | null): R | null {
  for (const item of list) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}
