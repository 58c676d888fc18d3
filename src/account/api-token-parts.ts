import type { FastifyRequest } from 'fastify'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import { PosternError } from '../errors.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import type { Doer, Granted, TokenParts } from '../tokens/tokens.ts'
import { clientOf } from '../web/client.ts'
import type { ClientParts } from '../web/client.ts'
import type { PageParts } from '../web/pages.ts'
import type { ProveParts } from '../web/prove-anew.ts'
import type { AccountVisitor } from './visitor.ts'

/** What the pages and the API of tokens are built from. */
export interface ApiTokenParts extends PageParts, ClientParts, Omit<ProveParts, 'database'>, TokenParts {
  readonly apiTokens: ApiTokens
  readonly events: Pick<BoundedEvents, 'note'>
}

/** What of a token was asked for wrongly, by field. */
export function faultsOf(granted: Exclude<Granted, { kind: 'granted' }>): Readonly<Record<string, string>> {
  if (granted.kind === 'no_owner') throw new PosternError('not_signed_in', 'disabled meanwhile')
  return granted.faults
}

export function doerOf(parts: ApiTokenParts, request: FastifyRequest, { principal }: AccountVisitor): Doer {
  const { userId, login, signInId } = principal
  return { actor: { userId, login }, signInId, ...clientOf(parts, request) }
}

/** @throws PosternError `bad_request` */
export function tokenId(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw new PosternError('bad_request', 'no token id')
  return text
}
