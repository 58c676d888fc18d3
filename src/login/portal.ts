import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import type { Networks } from '../lib/address.ts'
import type { Principal } from '../lib/principal.ts'
import { bodyKind, readForm } from '../web/body.ts'
import { createFormToken, isCrossSite, isFormToken } from '../web/csrf.ts'
import type { CookieNames } from '../web/cookies.ts'
import { DOUBLED, readCookie } from '../web/cookies.ts'
import { peerAddress, portalClient } from '../web/peer.ts'
import type { Fields } from '../web/strict-json.ts'
import { PosternError } from '../errors.ts'
import type { Passwords } from '../credentials/password.ts'
import type { ReturnAddresses } from './return-address.ts'
import type { SignInParts } from './sign-in.ts'

/** What the portal's routes are built from. */
export interface PortalParts extends SignInParts {
  readonly passwords: Passwords
  readonly returnAddresses: ReturnAddresses
  /** Key of form tokens, for these alone. */
  readonly formKey: Buffer
  readonly cookies: CookieNames
  readonly publicUrl: URL
  readonly listen: ListenAddress
  readonly trustedProxies: Networks
  readonly passwordMinLength: number
  /** Called once the first administrator exists. */
  readonly onFirstRunDone: () => Promise<void>
}

/** Who asks, as far as cookies tell. */
export interface Visitor {
  readonly principal: Principal | null
  readonly token: string | null
  /** True when the browser sent two session cookies: then neither counts, and neither can be said to have ended. */
  readonly doubled: boolean
}

/** Paths of the portal, relative to its public URL; links and forms are made from these alone. */
export function portalPaths(
  publicUrl: URL,
): Readonly<Record<'base' | 'home' | 'signIn' | 'signOut' | 'invite' | 'assets', string>> {
  const base = publicUrl.pathname.replace(/\/$/, '')
  return {
    base,
    home: `${base}/`,
    signIn: `${base}/login`,
    signOut: `${base}/logout`,
    invite: `${base}/invite`,
    assets: `${base}/assets`,
  }
}

/** True where the public URL is https, so that cookies can be `Secure`. */
export function isSecure(publicUrl: URL): boolean {
  return publicUrl.protocol === 'https:'
}

export async function visitorOf(parts: PortalParts, request: FastifyRequest): Promise<Visitor> {
  const token = readCookie(cookieHeaders(request), parts.cookies.portal)
  if (token === null || token === DOUBLED) return { principal: null, token: null, doubled: token === DOUBLED }
  const principal = await parts.sessions.find(token)
  return { principal, token: principal === null ? null : token, doubled: false }
}

/** The raw Cookie headers; node joins doubled ones by `; `, which splits them again alike. */
export function cookieHeaders(request: FastifyRequest): readonly string[] {
  return request.headers.cookie === undefined ? [] : [request.headers.cookie]
}

export function clientOf(parts: PortalParts, request: FastifyRequest): { address: string; userAgent: string } {
  const peer = peerAddress(request.raw.socket, parts.listen)
  const forwardedFor = request.raw.headersDistinct['x-forwarded-for'] ?? []
  return {
    address: portalClient(peer, forwardedFor, parts.trustedProxies),
    userAgent: request.headers['user-agent'] ?? '',
  }
}

/** @throws PosternError `cross_site_request` for what a page of another origin caused */
export function refuseCrossSite(parts: PortalParts, request: FastifyRequest): void {
  const source = { origin: request.headers.origin, secFetchSite: request.headers['sec-fetch-site']?.toString() }
  if (isCrossSite(source, parts.publicUrl.origin))
    throw new PosternError('cross_site_request', 'Origin or Sec-Fetch-Site')
}

/**
 * The fields of a posted form, each a text.
 * @throws PosternError `bad_request` for a body that says it is anything else, or can't be read in one way only
 */
export function formOf(request: FastifyRequest): Fields {
  if (bodyKind(request.headers['content-type']) !== 'form') throw new PosternError('bad_request', 'not a form')
  return readForm(request.body as Buffer)
}

/** The hidden `csrf` value of a form; `binding` is the session token or the pre-sign-in cookie's value. */
export function formToken(parts: PortalParts, purpose: string, binding: string): string {
  return createFormToken(parts.formKey, { purpose, binding })
}

export function isOwnForm(parts: PortalParts, purpose: string, binding: string | null, csrf: string): boolean {
  return binding !== null && isFormToken(parts.formKey, { purpose, binding }, csrf)
}

export function sendHtml(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(html)
}
