import { isInDomain } from '../config/values.ts'
import { cookieNames, readCookie } from './cookies.ts'
import type { CookieNames, DOUBLED } from './cookies.ts'

/** Our cookies, and which of them tells on a host who is signed in. */
export interface SessionCookies {
  readonly names: CookieNames
  /** True where the public URL is https. */
  readonly secure: boolean
  /** The domain that shares the portal's cookie, or null where no host shares it. */
  readonly domain: string | null
  /** True for an app host with a cookie of its own; on all others the portal's counts. */
  hasOwnToken(hostName: string): boolean
}

/** @param domain as the setting gives it, for the session scope `domain` alone */
export function createSessionCookies(publicUrl: URL, domain: string | null): SessionCookies {
  const secure = publicUrl.protocol === 'https:'
  const portalHost = publicUrl.hostname
  return {
    names: cookieNames(secure, domain !== null),
    secure,
    domain,
    hasOwnToken: (hostName) => hostName !== portalHost && (domain === null || !isInDomain(hostName, domain)),
  }
}

/** The value of the cookie that counts on a host. */
export function readSessionCookie(
  cookies: SessionCookies,
  cookieHeaders: readonly string[],
  hostName: string,
): string | null | typeof DOUBLED {
  const { app, portal } = cookies.names
  return readCookie(cookieHeaders, cookies.hasOwnToken(hostName) ? app : portal)
}

/** The host that a token must have been made for to count on this one; null for the portal's own token. */
export function tokenHostOn(cookies: SessionCookies, hostName: string): string | null {
  return cookies.hasOwnToken(hostName) ? hostName : null
}
