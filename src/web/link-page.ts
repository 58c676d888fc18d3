import type { FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { isCrossSite } from './csrf.ts'
import { entranceOf } from './pages.ts'
import type { PageParts } from './pages.ts'

/** For a page whose address is a secret: nobody is told of it, not even by a link on the page. */
export function hideAddress(reply: FastifyReply): void {
  reply.header('referrer-policy', 'no-referrer')
}

/**
 * As `refuseCrossSite`, for forms of such a page: without a referrer browsers send them with `Origin: null`, so there
 * `Sec-Fetch-Site` decides, and with it the form's token, which is bound to the secret.
 * @throws PosternError `cross_site_request`
 */
export function refuseCrossSiteLink(parts: PageParts, request: FastifyRequest): void {
  const origin = request.headers.origin === 'null' ? undefined : request.headers.origin
  const secFetchSite = request.headers['sec-fetch-site']?.toString()
  if (isCrossSite({ origin, secFetchSite }, entranceOf(parts, request).origin))
    throw new PosternError('cross_site_request', 'Origin or Sec-Fetch-Site')
}
