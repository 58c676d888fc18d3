import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findCaller } from '../api/caller.ts'
import type { CallerParts } from '../api/caller.ts'
import { PORTAL_PATH } from '../config/settings.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { networkOf } from '../limits/network.ts'
import type { RateLimits, RateRule } from '../limits/rate-limits.ts'
import { RATE_RULES, rateClassOf } from '../limits/rate-rules.ts'
import type { RateClass } from '../limits/rate-rules.ts'
import type { PortalParts } from '../login/portal.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { holdsPermission } from '../policies/holds.ts'
import { isForVisitors, visitorFault } from '../web/access.ts'
import { clientOf } from '../web/client.ts'
import { visitorOf } from '../web/pages.ts'

export interface GuardParts {
  readonly portal: PortalParts
  /** Who calls what takes API tokens too. */
  readonly callers: CallerParts
  /** Null where an operator turned them off. */
  readonly rateLimits: RateLimits | null
  readonly metrics: Pick<Metrics, 'rateLimited'>
  /** The policy in force: it says which roles may do what of ours. */
  readonly policy: () => CompiledPolicy
  /** Told who asks, where that had to be found out. */
  readonly onVisitor: (request: FastifyRequest, visitor: Principal) => void
}

/** Who may call each route, by what it declares, and how often. What has no route counts as a page. */
export function guardRoutes(
  app: FastifyInstance,
  { portal, callers, rateLimits, metrics, onVisitor, policy }: GuardParts,
): void {
  const take = async (kind: RateClass, rule: RateRule, key: string): Promise<void> => {
    const taken = (await rateLimits?.take(rule, key)) ?? { ok: true }
    if (taken.ok) return
    metrics.rateLimited(kind)
    throw new PosternError('rate_limited', rule.name, { retryAfterS: taken.retryAfterS })
  }
  app.addHook('onRequest', async (request) => {
    const kind = classOf(portal, request)
    await take(kind, RATE_RULES[kind].network, networkOfClient(portal, request))
  })
  app.addHook('preHandler', async (request, reply) => {
    const { access, takesTokens } = request.routeOptions.config
    if (!isForVisitors(access)) return
    const principal = takesTokens ? await findCaller(callers, request) : (await visitorOf(portal, request)).principal
    if (principal !== null) onVisitor(request, principal)
    const fault = visitorFault(access, principal, (who, permission) => holdsPermission(policy(), who, permission))
    if (fault !== null) return refuse(portal, request, { reply, fault })
    const kind = classOf(portal, request)
    const { person } = RATE_RULES[kind]
    if (person !== null && principal !== null) await take(kind, person, principal.userId)
  })
}

/** People who look at a page are led to sign in, programs and forms are told. */
function refuse(
  { entrances: { portal } }: PortalParts,
  { method, url }: FastifyRequest,
  { reply, fault }: { reply: FastifyReply; fault: 'not_signed_in' | 'forbidden' },
): FastifyReply {
  const isApi = url.startsWith(`${portal.paths.base}/api/`)
  if (fault === 'forbidden' || method !== 'GET' || isApi) throw new PosternError(fault)
  return reply.redirect(portal.paths.signIn, 302)
}

/** On an app's host ours is below the one path, on the portal's below its own. */
function classOf({ entrances }: PortalParts, { method, routeOptions: { url = '' } }: FastifyRequest): RateClass {
  const base = [PORTAL_PATH, entrances.portal.paths.base].find((path) => url.startsWith(`${path}/`)) ?? ''
  return rateClassOf(method, url.slice(base.length))
}

/** Who can't be told from others shares with them; whether that is refused is the route's business. */
function networkOfClient(portal: PortalParts, request: FastifyRequest): string {
  try {
    return networkOf(clientOf(portal, request).address)
  } catch (error) {
    if (error instanceof PosternError) return 'unknown'
    throw error
  }
}
