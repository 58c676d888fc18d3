import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import type { ExplanationReport } from '../policies/explain-report.ts'
import { explainRequest, reportDecision } from '../policies/explain-report.ts'
import type { Policies } from '../policies/policies.ts'
import { ANY_CLIENT, readWrittenRequest, visitorAs } from '../policies/run-tests-request.ts'
import type { Queryable } from '../store/database.ts'
import { canonical } from '../users/profile.ts'
import { FIND_USER } from '../users/users-table.ts'

export interface PolicyApiParts {
  readonly database: Queryable
  readonly policies: Pick<Policies, 'current' | 'version'>
}

interface Query {
  readonly method?: string
  readonly url?: string
  /** Login; nobody where it is left out. */
  readonly user?: string
  readonly from?: string
}

/** What administrators ask about the policy in force (DESIGN 4.8). */
export function policyApiRoutes(app: FastifyInstance, parts: PolicyApiParts): void {
  app.get<{ Querystring: Query }>(
    '/api/v2/policy/explain',
    { config: { access: 'postern.policy:read' } },
    async (request, reply) => {
      const { method = 'GET', url, user, from = ANY_CLIENT } = request.query
      if (url === undefined) throw new PosternError('bad_request', 'no parameter url')
      const principal = user === undefined ? null : await visitorOf(parts.database, user)
      const explanation = explainNow(parts, { method, url, from }, principal)
      return reply.send({ status: 'ok', data: { policy_version: parts.policies.version, ...explanation } })
    },
  )
}

function explainNow(
  { policies }: PolicyApiParts,
  written: { readonly method: string; readonly url: string; readonly from: string },
  principal: Principal | null,
): ExplanationReport {
  const policy = policies.current()
  const original = readWrittenRequest(policy, written)
  return 'kind' in original ? reportDecision(original) : explainRequest(policy, original, principal, Date.now())
}

/** As somebody who has just given the password; null for who is disabled and can't be signed in. */
async function visitorOf(database: Queryable, login: string): Promise<Principal | null> {
  const [row] = await database.query(FIND_USER, canonical(login))
  if (row === undefined) throw new PosternError('unknown_user')
  if (row.disabled_at !== null) return null
  return visitorAs({ login: row.login, roles: row.roles, factors: 1 }, Date.now())
}
