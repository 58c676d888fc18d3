import type { FastifyReply, FastifyRequest } from 'fastify'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import type { Entrance } from '../web/entrance.ts'
import { cookieHeaders, entranceOf, frameOf, sendHtml } from '../web/pages.ts'
import type { PageParts, Visitor } from '../web/pages.ts'
import { readSessionCookie } from '../web/session-cookies.ts'
import { dropCookie, setCookie } from '../web/set-cookie.ts'
import { askedProof } from './asked-page.ts'
import { loopPage } from './loop-page.ts'
import type { LoopCause } from './loop-page.ts'
import type { PortalParts } from './portal.ts'
import { countTrip, TRIPS_LIFE_S } from './trips.ts'

export interface Arrival {
  readonly visitor: Visitor
  /** The page that the visitor named, as it was sent. */
  readonly target: string
}

type BreakerParts = Pick<PageParts, 'cookies' | 'entrances' | 'look'> & Pick<PortalParts, 'log'>

/**
 * Ends a loop of redirects with a page that names its likely cause; null for a visitor who may go on, whose trip is then
 * counted. A browser that keeps no cookie at all has no count and needs none: each of its ways ends at a page.
 */
export function breakLoop(
  parts: BreakerParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { visitor, target }: Arrival,
): FastifyReply | null {
  const { cookies, log } = parts
  const { trips: name } = cookies.names
  const cookie = readCookie(cookieHeaders(request), name)
  const { value, isLoop } = countTrip(cookie === DOUBLED ? null : cookie, target, Date.now())
  if (!isLoop) {
    setCookie(reply, { name, value, secure: cookies.secure, maxAgeS: TRIPS_LIFE_S })
    return null
  }
  const entrance = entranceOf(parts, request)
  const cause = causeOf(parts, request, visitor)
  log.info({ host: entrance.hostName, cause }, 'sign-in loop')
  dropCookie(reply, name, cookies.secure)
  const proof = askedProof(request)
  const prove = proof === null ? '' : `&prove=${proof}`
  const startHref = `${entrance.paths.base}/start?rd=${encodeURIComponent(target)}${prove}`
  const { hostName: host } = entrance
  return sendHtml(reply, 403, loopPage({ frame: frameOf(parts, request), cause, host, startHref }))
}

function causeOf(parts: BreakerParts, request: FastifyRequest, { principal, doubled }: Visitor): LoopCause {
  if (principal !== null) return askedProof(request) !== null ? 'proof_too_old' : 'gateway_not_told'
  if (doubled) return 'cookie_doubled'
  const entrance = entranceOf(parts, request)
  const token = readSessionCookie(parts.cookies, cookieHeaders(request), entrance.hostName)
  if (token !== null) return 'cookie_not_valid'
  return isOtherScheme(request, entrance) ? 'wrong_scheme' : 'cookie_missing'
}

/** What the proxy says of the scheme decides nothing here but the words of a page. */
function isOtherScheme(request: FastifyRequest, { origin }: Entrance): boolean {
  const said = request.headers['x-forwarded-proto']?.toString()
  return said !== undefined && !origin.startsWith(`${said}:`)
}
