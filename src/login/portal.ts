import type { FastifyRequest } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import type { OwnFactors } from '../credentials/own-factors.ts'
import type { Networks } from '../lib/address.ts'
import { cookieHeaders, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { peerAddress, portalClient } from '../web/peer.ts'
import type { HandOver } from './hand-over.ts'
import type { ReturnAddresses } from './return-address.ts'
import type { Visit } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** What the routes of signing in and out are built from. */
export interface PortalParts extends SignInParts, Omit<PageParts, 'sessions'> {
  readonly ownFactors: OwnFactors
  readonly returnAddresses: ReturnAddresses
  readonly handOver: HandOver
  readonly listen: ListenAddress
  readonly trustedProxies: Networks
  readonly passwordMinLength: number
  /** Whether whoever forgot a password is sent a link. */
  readonly offersReset: boolean
  /** Called once the first administrator exists. */
  readonly onFirstRunDone: () => Promise<void>
}

/** Who asks, with the device that they ask from and whoever they are signed in as. */
export async function visitOf(parts: PortalParts, request: FastifyRequest): Promise<Visit> {
  const { principal: previous } = await visitorOf(parts, request)
  return { ...clientOf(parts, request), deviceHash: parts.devices.read(cookieHeaders(request)), previous }
}

/** @throws PosternError `bad_request` when what a trusted proxy says of the client can't be read */
export function clientOf(parts: PortalParts, request: FastifyRequest): { address: string; userAgent: string } {
  const peer = peerAddress(request.raw.socket, parts.listen)
  const forwardedFor = request.raw.headersDistinct['x-forwarded-for'] ?? []
  return {
    address: portalClient(peer, forwardedFor, parts.trustedProxies),
    userAgent: request.headers['user-agent'] ?? '',
  }
}
