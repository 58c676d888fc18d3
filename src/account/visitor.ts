import type { FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { parseBody } from '../web/body.ts'
import type { BodySchema } from '../web/body.ts'
import { formOf, isOwnForm, refuseCrossSite, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'

/** Somebody signed in, with the token that says so. */
export interface AccountVisitor {
  readonly principal: Principal
  readonly token: string
}

/** The hook for `signed_in` lets nobody else in; what it knew may have ended since. */
export async function signedInVisitor(parts: PageParts, request: FastifyRequest): Promise<AccountVisitor> {
  const visitor = await visitorOf(parts, request)
  if (visitor.principal === null) throw new PosternError('not_signed_in')
  return visitor
}

/**
 * The checked fields of a form of ours that this very visitor was given.
 * @param purpose of the form's token, whose field is `csrf`
 */
export async function ownForm<T extends { readonly csrf: string }>(
  parts: PageParts,
  request: FastifyRequest,
  { purpose, schema }: { purpose: string; schema: BodySchema<T> },
): Promise<{ visitor: AccountVisitor; fields: T }> {
  refuseCrossSite(parts, request)
  const parsed = parseBody(schema, formOf(request))
  if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
  const visitor = await signedInVisitor(parts, request)
  if (!isOwnForm(parts, purpose, visitor.token, parsed.value.csrf))
    throw new PosternError('cross_site_request', `form token of ${purpose}`)
  return { visitor, fields: parsed.value }
}
