import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import { reportToken } from '../tokens/token-report.ts'
import { grantToken, revokeToken } from '../tokens/tokens.ts'
import { TOKEN_DAYS } from '../tokens/token-wish.ts'
import type { WrittenWish } from '../tokens/token-wish.ts'
import { bodyKind } from '../web/body.ts'
import { refuseCrossSite } from '../web/pages.ts'
import { readJson } from '../web/strict-json.ts'
import { doerOf, faultsOf, tokenId } from './api-token-parts.ts'
import type { ApiTokenParts } from './api-token-parts.ts'
import { proveAnewHref } from './prove-anew.ts'
import { signedInVisitor } from './visitor.ts'
import type { AccountVisitor } from './visitor.ts'

interface ListQuery {
  Querystring: { readonly login?: string; readonly all?: string }
}

const ACCESS = { config: { access: 'signed_in' } } as const
const PATH = '/api/v2/tokens'
const MAX_LISTED = 1_000
const LISTS = ['apps', 'hosts', 'paths', 'methods', 'networks'] as const
const KEYS: ReadonlySet<string> = new Set(['name', 'days', ...LISTS])

/** Tokens for programs: one's own; administrators see and end everybody's. A token itself opens none of this. */
export function apiTokensApiRoutes(app: FastifyInstance, parts: ApiTokenParts): void {
  app.get<ListQuery>(PATH, ACCESS, async (request, reply) => {
    const { principal } = await signedInVisitor(parts, request)
    const { login = principal.login, all } = request.query
    if (all !== undefined && all !== 'true') throw new PosternError('bad_request', 'parameter all')
    if ((all === 'true' || login !== principal.login) && !principal.roles.includes(ADMIN_ROLE))
      throw new PosternError('forbidden', 'the tokens of others')
    const rows = await parts.apiTokens.list(all === 'true' ? null : login, MAX_LISTED)
    return reply.send({ status: 'ok', data: rows.map(reportToken) })
  })

  app.post(PATH, ACCESS, async (request, reply) => {
    refuseCrossSite(parts, request)
    const wish = readWish(request)
    const visitor = await signedInVisitor(parts, request)
    await requireProof(parts, visitor)
    const granted = await grantToken(parts, visitor.principal, wish, doerOf(parts, request, visitor))
    if (granted.kind !== 'granted') {
      const errors = Object.entries(faultsOf(granted)).map(([field, message]) => ({
        code: 'bad_request',
        field,
        message,
      }))
      return reply.code(400).send({ status: 'error', errors })
    }
    const { id, token, expiresAt } = granted
    return reply.code(201).send({ status: 'ok', data: { id, token, expires_at: expiresAt.toISOString() } })
  })

  app.delete<{ Params: { id: string } }>(`${PATH}/:id`, ACCESS, async (request, reply) => {
    refuseCrossSite(parts, request)
    const visitor = await signedInVisitor(parts, request)
    const { userId, roles } = visitor.principal
    const ownerId = roles.includes(ADMIN_ROLE) ? null : userId
    const revoked = await revokeToken(parts, tokenId(request.params.id), ownerId, doerOf(parts, request, visitor))
    if (revoked === null) throw new PosternError('not_found')
    return reply.send({ status: 'ok' })
  })
}

/** Whoever finds a browser unlocked must not leave with a key that works for months. */
async function requireProof(parts: ApiTokenParts, visitor: AccountVisitor): Promise<void> {
  if ((await proveAnewHref(parts, visitor, '/')) !== null) throw new PosternError('proof_needed')
}

function readWish(request: FastifyRequest): WrittenWish {
  if (bodyKind(request.headers['content-type']) !== 'json')
    throw new PosternError('bad_request', 'not application/json')
  const body = readJson(request.body as Buffer)
  const unknown = Object.keys(body).find((key) => !KEYS.has(key))
  if (unknown !== undefined) throw new PosternError('bad_request', `field ${unknown}`)
  const { name, days = TOKEN_DAYS.usual } = body
  if (typeof name !== 'string' || typeof days !== 'number') throw new PosternError('bad_request', 'field name or days')
  return { name, days, ...Object.fromEntries(LISTS.map((list) => [list, readList(body[list], list)])) }
}

function readList(value: unknown, field: string): readonly string[] {
  const list = value ?? []
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list
  throw new PosternError('bad_request', `field ${field}`)
}
