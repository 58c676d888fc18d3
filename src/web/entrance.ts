import type { IncomingMessage } from 'node:http'
import { PORTAL_PATH } from '../config/settings.ts'
import { readHost } from '../lib/host.ts'
import type { Host } from '../lib/host.ts'

/** By which host a request came in: the portal's, or an app's, of which only `/.postern` is ours. */
export interface Entrance {
  readonly kind: 'portal' | 'app'
  readonly hostName: string
  /** Scheme, host and port as browsers write them. */
  readonly origin: string
  readonly paths: Paths
}

/** Links and forms of a page are made from these alone, so that they stay on the host that it is on. */
export type Paths = Readonly<Record<'base' | 'home' | 'signIn' | 'signOut' | 'assets', string>>

/** Tells entrances apart. */
export interface Entrances {
  readonly portal: Entrance
  /** Null for any other host, for two of them and for none. */
  of(request: IncomingMessage): Entrance | null
}

/** The origin of the app that the policy has on a host now, or null. */
export type FindOrigin = (host: Host) => string | null

/** @param publicUrl with the path `/.postern` or none */
export function createEntrances(publicUrl: URL, findOrigin: FindOrigin): Entrances {
  const base = publicUrl.pathname.replace(/\/$/, '')
  const paths = { ...pathsBelow(base), home: `${base}/`, signIn: `${base}/login` }
  const portal: Entrance = { kind: 'portal', hostName: publicUrl.hostname, origin: publicUrl.origin, paths }
  const appPaths = { ...pathsBelow(PORTAL_PATH), home: '/', signIn: `${PORTAL_PATH}/start` }
  return {
    portal,
    of(request) {
      const hosts = hostsOf(request)
      const [{ name: hostName } = { name: null }] = hosts
      if (hostName === null) return null
      if (hostName === portal.hostName) return portal
      const origin = hosts.map(findOrigin).find((found) => found !== null)
      return origin === undefined ? null : { kind: 'app', hostName, origin, paths: appPaths }
    },
  }
}

/** The host that was asked, first with the port that a proxy tells beside it: it may send none in `Host`. */
export function hostsOf({ headersDistinct, headers }: IncomingMessage): readonly Host[] {
  const [text = '', ...others] = headersDistinct['host'] ?? []
  const host = others.length > 0 ? null : readHost(text)
  if (host === null) return []
  const withPort = readHost(`${text}:${headers['x-forwarded-port']?.toString() ?? ''}`)
  return withPort === null ? [host] : [withPort, host]
}

function pathsBelow(base: string): Pick<Paths, 'base' | 'signOut' | 'assets'> {
  return { base, signOut: `${base}/logout`, assets: `${base}/assets` }
}
