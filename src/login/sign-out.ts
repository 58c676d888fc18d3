import type { FastifyReply, FastifyRequest } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { dropSessionCookie, entranceOf, visitorOf } from '../web/pages.ts'
import type { PortalParts } from './portal.ts'

/**
 * Ends the visitor's sign-in for good, with what it opened on every host, then has the browser drop this host's cookie.
 * Throws when it can't be made durable, and when two session cookies leave open which sign-in is meant: nobody is told
 * "signed out" who isn't.
 */
export async function signOut(parts: PortalParts, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { principal, doubled } = await visitorOf(parts, request)
  if (doubled) throw new PosternError('bad_request', 'two session cookies')
  if (principal !== null) {
    const { signInId, login } = principal
    await parts.sessions.end(signInId, 'signed_out', (tx, actor) =>
      recordEvent(tx, { type: 'sign_out', result: 'success', actor, signInId, resource: `session:${signInId}` }),
    )
    parts.log.info({ login }, 'signed out')
  }
  dropSessionCookie(parts.cookies, reply, entranceOf(parts, request).hostName)
}
