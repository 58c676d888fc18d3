import type { FastifyRequest } from 'fastify'
import type { Factors } from '../credentials/factors.ts'
import { PosternError } from '../errors.ts'
import { isFreshlyProven } from '../lib/fresh-proof.ts'
import type { Database } from '../store/database.ts'
import { refuseCrossSite, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'

/** What it takes to know an administrator. */
export interface AdministratorParts extends PageParts {
  readonly database: Database
  readonly factors: Pick<Factors, 'ownedBy'>
}

/** Who goes into the audit log. */
export interface Administrator {
  readonly userId: string
  readonly login: string
}

/**
 * Who changes something; the hook lets nobody but administrators in.
 * @throws PosternError `cross_site_request`, or `not_signed_in` where the sign-in has ended since
 */
export async function administrator(parts: AdministratorParts, request: FastifyRequest): Promise<Administrator> {
  const { userId, login } = await principalOf(parts, request)
  return { userId, login }
}

/**
 * The same for what lets others in: whoever finds a browser unlocked must not leave with a way into any account.
 * @throws PosternError `proof_needed` too
 */
export async function provenAdministrator(parts: AdministratorParts, request: FastifyRequest): Promise<Administrator> {
  const principal = await principalOf(parts, request)
  const { userId, login } = principal
  const owned = await parts.factors.ownedBy(parts.database, userId)
  if (!isFreshlyProven(principal, owned, Date.now())) throw new PosternError('proof_needed')
  return { userId, login }
}

async function principalOf(parts: AdministratorParts, request: FastifyRequest) {
  refuseCrossSite(parts, request)
  const { principal } = await visitorOf(parts, request)
  if (principal === null) throw new PosternError('not_signed_in')
  return principal
}
