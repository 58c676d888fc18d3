import type { FastifyRequest } from 'fastify'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import { currentOrigin } from '../observe/origin.ts'
import type { AccountVisitor } from './visitor.ts'

/** Writes down that a page was asked for a change that takes a fresh proof. */
export function noteProofRefused(
  { events }: { readonly events: Pick<BoundedEvents, 'note'> },
  { method, routeOptions }: FastifyRequest,
  { principal: { userId, login, signInId } }: AccountVisitor,
): Promise<void> {
  const about = { actor: { userId, login }, signInId, resource: `route:${method} ${routeOptions.url ?? 'unknown'}` }
  const { address = null, userAgent = '', requestId } = currentOrigin() ?? {}
  const whence = { address, userAgent, ...(requestId !== undefined && { requestId }) }
  return events.note({ type: 'proof_refused', result: 'failure', ...about, ...whence })
}
