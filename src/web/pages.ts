import type { FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { DerivedKeys } from '../lib/key-ring.ts'
import type { Principal } from '../lib/principal.ts'
import { bodyKind, readForm } from './body.ts'
import { clientOf } from './client.ts'
import type { ClientParts } from './client.ts'
import { DOUBLED } from './cookies.ts'
import { createFormToken, isCrossSite, isFormToken } from './csrf.ts'
import type { Entrance, Entrances } from './entrance.ts'
import type { Frame } from './frame.ts'
import { languageLinks } from './language-choice.ts'
import { createFrame, varyByLanguage } from './look.ts'
import type { Look } from './look.ts'
import { readSessionCookie, tokenHostOn } from './session-cookies.ts'
import type { SessionCookies } from './session-cookies.ts'
import { dropCookie, setCookie } from './set-cookie.ts'
import type { Fields } from './strict-json.ts'

/** What every page is built from. */
export interface PageParts extends ClientParts {
  readonly sessions: WhoHas
  readonly cookies: SessionCookies
  readonly entrances: Entrances
  /** Keys of form tokens, for these alone. */
  readonly formKeys: Pick<DerivedKeys, 'minting' | 'all'>
  readonly look: Look
}

/** Whom a token stands for; `host` is the app's host that it came to, or null for the portal's own token. */
export interface WhoHas {
  whoHas(
    token: string,
    host: string | null,
    visit: { readonly clientAddress: string; readonly userAgent: string },
  ): Promise<Principal | null>
}

/**
 * Who asks, as far as cookies tell: somebody with the token that says so, or nobody with neither. `doubled` when the
 * browser sent two session cookies: then neither counts, and neither can be said to have ended.
 */
export type Visitor =
  | { readonly principal: Principal; readonly token: string; readonly doubled: false }
  | { readonly principal: null; readonly token: null; readonly doubled: boolean }

const NOBODY = { principal: null, token: null, doubled: false } as const
const UNCLEAR = { ...NOBODY, doubled: true } as const

/** @throws PosternError `wrong_host` for a host that is neither the portal's nor an app's */
export function entranceOf({ entrances }: Pick<PageParts, 'entrances'>, request: FastifyRequest): Entrance {
  const entrance = entrances.of(request.raw)
  if (entrance === null) throw new PosternError('wrong_host')
  return entrance
}

/** What surrounds a page for whoever asks for it, on the host that was asked. */
export function frameOf(
  { look, cookies, entrances }: Pick<PageParts, 'look' | 'cookies' | 'entrances'>,
  request: FastifyRequest,
): Frame {
  const { assets: assetBase } = entranceOf({ entrances }, request).paths
  return createFrame(look, request, { cookies, assetBase, languageLinks: languageLinks(look.languages, request) })
}

export async function visitorOf(parts: PageParts, request: FastifyRequest): Promise<Visitor> {
  const { hostName } = entranceOf(parts, request)
  const token = readSessionCookie(parts.cookies, cookieHeaders(request), hostName)
  if (token === DOUBLED) return UNCLEAR
  if (token === null) return NOBODY
  const { address: clientAddress, userAgent } = clientOf(parts, request)
  const visit = { clientAddress, userAgent }
  const principal = await parts.sessions.whoHas(token, tokenHostOn(parts.cookies, hostName), visit)
  return principal === null ? NOBODY : { principal, token, doubled: false }
}

/** The raw Cookie headers; node joins doubled ones by `; `, which splits them again alike. */
export function cookieHeaders(request: FastifyRequest): readonly string[] {
  return request.headers.cookie === undefined ? [] : [request.headers.cookie]
}

/** A session token, and for how long the browser is to keep it: ms, or null until it closes. */
export interface NewSession {
  readonly token: string
  readonly lastsMs: number | null
}

/** A sign-in that begins. */
export interface StartedSession extends NewSession {
  readonly signInId: string
}

/** Gives the browser the token that counts on this host; the sign-in itself ends by its own rules, which may be earlier. */
export function setSessionCookie(
  cookies: SessionCookies,
  reply: FastifyReply,
  hostName: string,
  { token: value, lastsMs }: NewSession,
): void {
  const { names, secure, domain } = cookies
  const kept = { value, secure, ...(lastsMs !== null && { maxAgeS: Math.max(1, Math.floor(lastsMs / 1_000)) }) }
  if (cookies.hasOwnToken(hostName)) setCookie(reply, { ...kept, name: names.app })
  else setCookie(reply, { ...kept, name: names.portal, domain })
}

export function dropSessionCookie(cookies: SessionCookies, reply: FastifyReply, hostName: string): void {
  const { names, secure, domain } = cookies
  if (cookies.hasOwnToken(hostName)) dropCookie(reply, names.app, secure)
  else dropCookie(reply, names.portal, secure, domain)
}

/** @throws PosternError `cross_site_request` for what a page of another origin caused */
export function refuseCrossSite(parts: PageParts, request: FastifyRequest): void {
  const source = { origin: request.headers.origin, secFetchSite: request.headers['sec-fetch-site']?.toString() }
  if (isCrossSite(source, entranceOf(parts, request).origin))
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
export function formToken({ formKeys }: Pick<PageParts, 'formKeys'>, purpose: string, binding: string): string {
  return createFormToken(formKeys.minting, { purpose, binding })
}

export function isOwnForm(
  { formKeys }: Pick<PageParts, 'formKeys'>,
  purpose: string,
  binding: string | null,
  csrf: string,
): boolean {
  return binding !== null && formKeys.all.some((key) => isFormToken(key, { purpose, binding }, csrf))
}

export function sendHtml(reply: FastifyReply, status: number, html: string): FastifyReply {
  return varyByLanguage(reply).code(status).type('text/html; charset=utf-8').send(html)
}
