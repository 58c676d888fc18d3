import type { FastifyRequest } from 'fastify'
import type { Factors } from '../credentials/factors.ts'
import { PosternError } from '../errors.ts'
import { readNetworks } from '../lib/address.ts'
import { readAuthorization } from '../lib/authorization.ts'
import { isFreshlyProven } from '../lib/fresh-proof.ts'
import type { Principal } from '../lib/principal.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import type { Database } from '../store/database.ts'
import { clientOf } from '../web/client.ts'
import { cookieHeaders, entranceOf, refuseCrossSite, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { readSessionCookie } from '../web/session-cookies.ts'
import type { Caller, Operation } from './operation.ts'

/** What it takes to know who calls the API. */
export interface CallerParts extends PageParts {
  readonly database: Database
  readonly factors: Pick<Factors, 'ownedBy'>
  readonly apiTokens: Pick<ApiTokens, 'find'>
  /** Of pages elsewhere that may call it as well. */
  readonly corsOrigins: readonly string[]
}

type Asked = Pick<Operation, 'needsProof' | 'refusesTokens'>

/**
 * Who a request comes from, by the session cookie or an API token; null for nobody. A password by Basic is none of ours
 * here, and no token counts that comes in its place.
 * @throws PosternError `bad_request` for two of them, which could mean two people; `forbidden` for a token that comes
 *   from outside of its networks
 */
export async function findCaller(parts: CallerParts, request: FastifyRequest): Promise<Principal | null> {
  const token = bearerOf(request)
  if (token === null) return (await visitorOf(parts, request)).principal
  if (hasCookie(parts, request)) throw new PosternError('bad_request', 'a session cookie and an API token')
  const found = parts.apiTokens.find(token)
  const principal = found instanceof Promise ? (await found).principal : found
  if (principal !== null && !isWithinNetworks(parts, request, principal))
    throw new PosternError('forbidden', 'an API token of other networks')
  return principal
}

/**
 * Who calls an operation. What a token may is in its scope; a cookie counts from our own pages and named origins alone.
 * @throws PosternError `not_signed_in`, `forbidden` for a token where none counts, `cross_site_request`, `proof_needed`
 */
export async function callerOf(parts: CallerParts, request: FastifyRequest, asked: Asked): Promise<Caller> {
  const principal = await findCaller(parts, request)
  if (principal === null) throw new PosternError('not_signed_in')
  if (principal.via === undefined) {
    refuseOtherSites(parts, request)
    if (asked.needsProof) await requireProof(parts, principal)
  } else if (!mayCall(principal, asked)) throw new PosternError('forbidden', 'an API token')
  return { principal, ...clientOf(parts, request), requestId: request.id }
}

/** The text after `Bearer`, where it looks like a token of ours; another is for whoever stands before us. */
function bearerOf({ raw }: FastifyRequest): string | null {
  const [value, ...others] = raw.headersDistinct['authorization'] ?? []
  if (others.length > 0) throw new PosternError('bad_request', 'two Authorization headers')
  if (value === undefined || !/^bearer[ \t]/i.test(value)) return null
  const given = readAuthorization(value)
  return given?.kind === 'token' ? given.token : null
}

function hasCookie(parts: CallerParts, request: FastifyRequest): boolean {
  return readSessionCookie(parts.cookies, cookieHeaders(request), entranceOf(parts, request).hostName) !== null
}

/** A token that was stolen is worth nothing elsewhere, where its owner said from where it may come. */
function isWithinNetworks(parts: CallerParts, request: FastifyRequest, { via }: Principal): boolean {
  const allowed = via?.kind === 'api_token' ? via.scope.networks : null
  if (allowed === null) return true
  const networks = readNetworks(allowed)
  return typeof networks !== 'string' && networks.contain(clientOf(parts, request).address)
}

function mayCall({ via }: Principal, { refusesTokens }: Asked): boolean {
  return !refusesTokens && via?.kind === 'api_token' && via.scope.api !== null
}

function refuseOtherSites(parts: CallerParts, request: FastifyRequest): void {
  const { origin } = request.headers
  if (origin === undefined || !parts.corsOrigins.includes(origin)) refuseCrossSite(parts, request)
}

/** Whoever finds a browser unlocked must not leave with a way into any account. */
async function requireProof({ factors, database }: CallerParts, principal: Principal): Promise<void> {
  const owned = await factors.ownedBy(database, principal.userId)
  if (!isFreshlyProven(principal, owned, Date.now())) throw new PosternError('proof_needed')
}
