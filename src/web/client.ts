import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import type { Networks } from '../lib/address.ts'
import { newRequestId } from '../observe/origin.ts'
import { peerAddress, portalClient } from './peer.ts'

/** What it takes to tell who asks from what a proxy says. */
export interface ClientParts {
  readonly listen: ListenAddress
  readonly trustedProxies: Networks
}

/** A header may be as long as all headers together; nothing keeps or mails more than this of it. */
const MAX_USER_AGENT = 512

/**
 * From where a page is asked for, and by which browser.
 * @throws PosternError `bad_request` when what a trusted proxy says of the client can't be read
 */
export function clientOf(
  { listen, trustedProxies }: ClientParts,
  { raw, headers }: FastifyRequest,
): { address: string; userAgent: string } {
  const peer = peerAddress(raw.socket, listen)
  const forwardedFor = raw.headersDistinct['x-forwarded-for'] ?? []
  const userAgent = (headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT)
  return { address: portalClient(peer, forwardedFor, trustedProxies), userAgent }
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/** What a request is known by: what a trusted proxy calls it, or else a name of our own. */
export function requestIdOf({ listen, trustedProxies }: ClientParts, request: IncomingMessage): string {
  const [id, ...others] = request.headersDistinct['x-request-id'] ?? []
  if (id === undefined || others.length > 0 || !REQUEST_ID.test(id)) return newRequestId()
  const peer = peerAddress(request.socket, listen)
  return peer === null || trustedProxies.contain(peer) ? id : newRequestId()
}
