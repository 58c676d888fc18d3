import type { FastifyRequest } from 'fastify'
import type { OwnFactors } from '../credentials/own-factors.ts'
import { clientOf } from '../web/client.ts'
import type { ClientParts } from '../web/client.ts'
import { cookieHeaders, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import type { HandOver } from './hand-over.ts'
import type { ReturnAddresses } from './return-address.ts'
import type { Visit } from './outcome.ts'
import type { SignInParts } from './sign-in-parts.ts'

/** What the routes of signing in and out are built from. */
export interface PortalParts extends SignInParts, ClientParts, Omit<PageParts, 'sessions'> {
  readonly ownFactors: OwnFactors
  readonly returnAddresses: ReturnAddresses
  readonly handOver: HandOver
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
