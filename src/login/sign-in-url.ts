import { readProof, signInUrl } from './asked-page.ts'
import type { PortalParts } from './portal.ts'

/**
 * Leads to the portal at once where its cookie counts on the app's host as well, so that the app's proxy need not know
 * `/.postern/`; elsewhere a sign-in has to begin on the app's own host.
 * @returns what turns an address of `/.postern/start`, as `startUrl` makes it, into the one to send a browser to
 */
export function createSignInUrl({
  cookies,
  entrances: { portal },
  returnAddresses,
}: Pick<PortalParts, 'cookies' | 'entrances' | 'returnAddresses'>): (startUrl: string) => string {
  return (startUrl) => {
    const { hostname, host, searchParams } = new URL(startUrl)
    if (hostname === portal.hostName || cookies.hasOwnToken(hostname)) return startUrl
    const signed = returnAddresses.sign({ host, target: searchParams.get('rd') ?? '/' })
    const signInPage = portal.origin + portal.paths.signIn
    return signed === null ? startUrl : signInUrl(signInPage, signed, readProof(searchParams.get('prove')))
  }
}
