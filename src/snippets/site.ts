import type { ListenAddress } from '../config/values.ts'
import type { Scheme } from '../lib/original-request.ts'

/** Where a proxy finds an app. */
export interface Upstream {
  readonly scheme: Scheme
  /** Name or address, an IPv6 one in brackets. */
  readonly host: string
  readonly port: number
}

/** One app as its proxy has to know it. */
export interface SnippetApp {
  readonly name: string
  /** Exact names; `*.` in front is exactly one label. */
  readonly hosts: readonly [string, ...string[]]
  readonly scheme: Scheme
  /** On which visitors reach it. */
  readonly port: number
  readonly upstream: Upstream
  /** Every header that tells this app of its visitor, the assertion too where it gets one. */
  readonly identity: readonly string[]
  /** Those of them that the app alone asks for. */
  readonly own: readonly string[]
  /** Whether passwords by Basic are for us, so that the app must not see them; false unless given. */
  readonly hidesPasswords?: boolean
}

/** What a configuration is made from. */
export interface SnippetSite {
  readonly verify: ListenAddress
  readonly portal: ListenAddress
  /** Whether those of both that are ports speak TLS; not unless given. */
  readonly secure?: boolean
  readonly apps: readonly SnippetApp[]
}

/** Writes the whole configuration of one proxy for these apps. */
export type WriteSnippet = (site: SnippetSite) => string

/** Ours alone; none may reach the gateway or an app from outside. */
export const OURS = ['X-Postern-Assertion', 'X-Postern-Decision', 'X-Postern-Location', 'X-Postern-Secret']

/** What some proxy or framework believes of a request, whoever says it. */
export const PROXY_WORDS = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Method',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Proto',
  'X-Forwarded-Server',
  'X-Forwarded-Uri',
  'X-Original-Host',
  'X-Original-Method',
  'X-Original-Proto',
  'X-Original-URI',
  'X-Original-URL',
  'X-Real-IP',
  'X-Rewrite-URL',
]

/** Everything that a client of this app may not say. */
export function clearedHeaders({ identity }: SnippetApp): readonly string[] {
  return [...new Set([...identity, ...OURS, ...PROXY_WORDS])]
}

/** Whoever writes these decides whose requests are traced: the gateway and the portal don't get a client's. */
export const TRACE_CONTEXT = ['traceparent', 'tracestate']
/** What the portal would believe of a client since this proxy is trusted: the id under which all of it is written down. */
export const NOT_FOR_PORTAL = [...TRACE_CONTEXT, 'X-Request-Id']

/** `host:port`; what listens everywhere is asked for on this machine. */
export function addressOf(listen: ListenAddress): string {
  if (listen.kind === 'unix') throw new Error('a socket has no host and port')
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen.host] ?? listen.host
  return host.includes(':') ? `[${host}]:${listen.port}` : `${host}:${listen.port}`
}

/** `scheme://host:port` of an upstream. */
export function originOf({ scheme, host, port }: Upstream): string {
  return `${scheme}://${host}:${port}`
}

/** A regular expression for one host in a dialect without anything but the ordinary. */
export function hostPattern(host: string): string {
  const escaped = host.replace(/^\*\./, '').replaceAll('.', '\\.')
  return host.startsWith('*.') ? `^[a-z0-9-]+\\.${escaped}$` : `^${escaped}$`
}

/** Groups apps by the port on which visitors reach them, in their order. */
export function byPort(apps: readonly SnippetApp[]): ReadonlyMap<number, readonly [SnippetApp, ...SnippetApp[]]> {
  const groups = new Map<number, [SnippetApp, ...SnippetApp[]]>()
  for (const app of apps) {
    const group = groups.get(app.port)
    if (group === undefined) groups.set(app.port, [app])
    else group.push(app)
  }
  return groups
}

/** Puts blanks in front of every line that isn't empty. */
export function indent(lines: readonly string[], by: string): string[] {
  return lines.map((line) => (line === '' ? '' : by + line))
}
