import type { FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { parseBody } from '../web/body.ts'
import type { BodySchema } from '../web/body.ts'
import { hiddenField } from '../web/field.ts'
import type { Html } from '../web/html.ts'
import { formOf, formToken, isOwnForm, refuseCrossSite } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { proveAnewHref } from '../web/prove-anew.ts'
import { consoleVisitor } from './console.ts'
import type { ConsoleParts, ConsoleVisitor } from './console.ts'
import type { DoneCode } from './done.ts'

/** A posted form with who sent it. */
export interface ConsoleForm<T> {
  readonly visitor: ConsoleVisitor
  readonly fields: T
}

export interface FormRules<T> {
  /** What its token was made for, as in `csrfField`. */
  readonly purpose: string
  readonly schema: BodySchema<T>
  /** For what is dangerous: whoever hasn't proven lately who he is does so first. */
  readonly fresh?: FreshRule<T>
}

export interface FreshRule<T> {
  /** Path of the page that shows the form, on the portal; he comes back to it. */
  readonly formPath: string
  /** Fields that the page fills in again, from its query; never a secret. */
  readonly keep?: readonly (keyof T & string)[]
}

/** What a return address takes (`login/return-address.ts`), with room for the path. */
const MAX_KEPT = 1_800

/**
 * The form of somebody who may send it now; null, with the reply under way, for whoever has to prove first who he is.
 * @throws PosternError `cross_site_request` for a form that isn't this visitor's own; `bad_request` for other fields
 */
export async function consoleForm<T extends { readonly csrf: string }>(
  parts: ConsoleParts,
  reply: FastifyReply,
  { purpose, schema, fresh }: FormRules<T>,
): Promise<ConsoleForm<T> | null> {
  const { request } = reply
  refuseCrossSite(parts, request)
  const parsed = parseBody(schema, formOf(request))
  if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
  const { value: fields } = parsed
  const visitor = await consoleVisitor(parts, request)
  if (!isOwnForm(parts, purpose, visitor.token, fields.csrf))
    throw new PosternError('cross_site_request', `form token of ${purpose}`)
  if (fresh === undefined) return { visitor, fields }
  const prove = await proveAnewHref(parts, visitor, keptTarget(fresh, fields))
  if (prove === null) return { visitor, fields }
  await noteProofRefused(parts, request, visitor)
  reply.redirect(prove, 303)
  return null
}

/** The hidden field that makes a form this visitor's own. */
export function csrfField(parts: Pick<PageParts, 'formKeys'>, purpose: string, { token }: ConsoleVisitor): Html {
  return hiddenField('csrf', formToken(parts, purpose, token))
}

/** Back to a page, which says what has been done. @param path on the portal, without a query */
export function backTo(reply: FastifyReply, path: string, done?: DoneCode): FastifyReply {
  return reply.redirect(done === undefined ? path : `${path}?done=${done}`, 303)
}

function keptTarget<T extends object>({ formPath, keep = [] }: FreshRule<T>, fields: T): string {
  const query = new URLSearchParams({ done: 'proven' satisfies DoneCode })
  for (const name of keep) {
    const value = fields[name]
    if (typeof value !== 'string' || value === '') continue
    query.set(name, value)
    if (query.toString().length > MAX_KEPT) query.delete(name)
  }
  return `${formPath}?${query.toString()}`
}

/** Writes down that somebody was sent to prove who he is. */
export function noteProofRefused(
  { events }: Pick<ConsoleParts, 'events'>,
  { method, routeOptions }: FastifyRequest,
  { principal: { userId, login, signInId } }: ConsoleVisitor,
): Promise<void> {
  const resource = `route:${method} ${routeOptions.url ?? 'unknown'}`
  return events.note({ type: 'proof_refused', result: 'failure', actor: { userId, login }, signInId, resource })
}
