import { isIP } from 'node:net'
import { fine, look, unchecked, wrong } from './finding.ts'
import type { Finding } from './finding.ts'
import { isPublicSuffix } from './public-suffix.ts'
import { createAsk } from './site.ts'

/** Whether the app can be reached from here past the proxy. @param address of the app, or null where it is not known */
export async function checkAround(address: URL | null): Promise<readonly Finding[]> {
  if (address === null) {
    const found = 'Whether the app is reached around the proxy was not tried.'
    return [unchecked('around', found, 'Give --app-address, and run doctor on a machine that visitors could be on.')]
  }
  const ask = createAsk({ url: address, connectTo: null, insecure: true })
  const seen = await ask({ target: '/', headers: ['Remote-User: admin'] })
  if (seen.kind === 'silent') return [fine('around', `From here ${address.host} does not answer (${seen.told}).`)]
  if (isLoopback(address.hostname)) {
    const change = 'Only this machine reaches it there. Every person and program on it can name himself to the app.'
    return [look('around', `The app answers on ${address.host} without the proxy.`, change)]
  }
  const change = 'Let the app listen on loopback or a Unix socket, or let a firewall admit the proxy alone.'
  return [
    wrong(
      'around',
      `The app answers on ${address.host} without the proxy (${seen.told}): whoever sends it Remote-User is that user.`,
      change,
    ),
  ]
}

/** For which hosts a sign-in that was watched set its cookie; `unseen` where none was. */
export type CookieScope =
  | { readonly kind: 'unseen' }
  | { readonly kind: 'host' }
  | { readonly kind: 'domain'; readonly domain: string }

/** Whether browsers keep our cookies, and send them to this host. */
export function checkCookieDomain(url: URL, scope: CookieScope): readonly Finding[] {
  if (scope.kind === 'unseen') return [unchecked('cookie_domain', 'No sign-in was watched.', 'Give --login.')]
  if (scope.kind === 'host') return [fine('cookie_domain', 'The cookie counts on one host alone.')]
  const { domain } = scope
  if (isPublicSuffix(domain)) {
    const found = `The cookie is set for ${domain}, under which anybody can have a host: browsers refuse it.`
    return [
      wrong('cookie_domain', found, 'Set POSTERN_COOKIE_DOMAIN to a domain of your own, or the session scope to host.'),
    ]
  }
  const host = url.hostname
  if (host === domain || host.endsWith(`.${domain}`))
    return [fine('cookie_domain', `The cookie counts below ${domain}.`)]
  const change = 'Set POSTERN_COOKIE_DOMAIN to a domain that holds this host, or the session scope to host.'
  return [wrong('cookie_domain', `The cookie is set for ${domain}, and ${host} does not get it.`, change)]
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}
