import type { FastifyReply } from 'fastify'
import { PosternError } from '../errors.ts'
import { dropCookie } from '../web/set-cookie.ts'
import { isSecure } from './portal.ts'
import type { PortalParts, Visitor } from './portal.ts'

/**
 * Ends the visitor's sign-in for good, then has the browser drop the cookie. Throws when it can't be made durable, and
 * when two session cookies leave open which sign-in is meant: nobody is told "signed out" who isn't.
 */
export async function signOut(parts: PortalParts, { principal, doubled }: Visitor, reply: FastifyReply): Promise<void> {
  if (doubled) throw new PosternError('bad_request', 'two session cookies')
  if (principal !== null) {
    await parts.sessions.end(parts.database, principal.signInId, 'signed_out')
    parts.log.info({ login: principal.login }, 'signed out')
  }
  dropCookie(reply, parts.cookies.portal, isSecure(parts.publicUrl))
}
