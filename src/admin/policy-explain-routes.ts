import type { FastifyInstance } from 'fastify'
import { readAddress } from '../lib/address.ts'
import { explainRequest, reportDecision } from '../policies/explain-report.ts'
import { ANY_CLIENT, readWrittenRequest, visitorAs } from '../policies/run-tests-request.ts'
import { canonical } from '../users/profile.ts'
import { FIND_USER } from '../users/users-table.ts'
import { sendHtml } from '../web/pages.ts'
import type { Words } from '../words/words.ts'
import { openConsole } from './console.ts'
import { policyExplainPage } from './policy-explain-page.ts'
import type { Explained, ExplainQuery, PolicyExplainPage } from './policy-explain-page.ts'
import type { PolicyParts } from './policy-parts.ts'
import { askedFor, askedOneOf } from './user-parts.ts'

const MAX_URL = 4_096

/** `/admin/policy/explain`: what is decided of a request that somebody thinks of. */
export function policyExplainRoutes(app: FastifyInstance, parts: PolicyParts): void {
  app.get('/admin/policy/explain', { config: { access: 'postern.policy:read' } }, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const query = readQuery(request.query)
    const { faults, explained } = await explain(parts, frame.words, query)
    const status = Object.keys(faults).length === 0 ? 200 : 400
    return sendHtml(reply, status, policyExplainPage({ frame, console, query, faults, explained }))
  })
}

function readQuery(query: unknown): ExplainQuery {
  const factors = askedOneOf(query, 'factors', ['1', '2'])
  return {
    url: askedFor(query, 'url', MAX_URL).trim(),
    method: askedFor(query, 'method', 32).trim() || 'GET',
    user: askedFor(query, 'user').trim(),
    factors: factors === '' ? '1' : factors,
    from: askedFor(query, 'from', 64).trim(),
  }
}

type Outcome = Pick<PolicyExplainPage, 'faults' | 'explained'>

async function explain({ database, policies }: PolicyParts, words: Words, query: ExplainQuery): Promise<Outcome> {
  const { url, method, user, factors } = query
  if (url === '') return { faults: {}, explained: null }
  const from = query.from === '' ? ANY_CLIENT : query.from
  const [row] = user === '' ? [] : await database.query(FIND_USER, canonical(user))
  const faults = {
    ...(!/^https?:\/\/[^/]/.test(url) && { url: words.say('explain.bad_url') }),
    ...(readAddress(from) === null && { from: words.say('explain.bad_from') }),
    ...(user !== '' && row === undefined && { user: words.say('explain.unknown_user') }),
  }
  if (Object.keys(faults).length > 0) return { faults, explained: null }
  const isDisabled = row !== undefined && row.disabled_at !== null
  const visitor = row === undefined || isDisabled ? null : { login: row.login, roles: row.held_roles }
  return { faults, explained: judge(visitor) }

  function judge(somebody: Explained['visitor']): Explained {
    const policy = policies.current()
    const original = readWrittenRequest(policy, { method, url, from })
    const nowMs = Date.now()
    const principal = somebody === null ? null : visitorAs({ ...somebody, factors: factors === '2' ? 2 : 1 }, nowMs)
    const report = 'kind' in original ? reportDecision(original) : explainRequest(policy, original, principal, nowMs)
    return { report, visitor: somebody, disabled: isDisabled ? row.login : null, version: policies.version }
  }
}
