import type { Host } from '../lib/host.ts'
import type { Scheme } from '../lib/original-request.ts'
import type { App } from './decision.ts'

/** Why a host alone doesn't tell its app. */
export type HostFault = 'unknown_host' | 'ambiguous_host' | 'bad_host'

/** Finds apps by host, at a cost that doesn't grow with their number. */
export interface HostIndex<Entry extends App> {
  /** The one app that a host without further help names. */
  find(host: Host): Entry | HostFault
}

/** The port that belongs to a scheme. */
export function defaultPort(scheme: Scheme): number {
  return scheme === 'https' ? 443 : 80
}

/** The port on which people reach an app. */
export function effectivePort({ scheme, port }: Pick<App, 'scheme' | 'port'>): number {
  return port ?? defaultPort(scheme)
}

/** The name under which a host of the policy is found: `{login}` in front is some label like `*`. */
export function indexedName(host: string): string {
  return host.replace('{login}.', '*.')
}

/** True when a request for this host and port can be one for the app. */
export function isHostOf(app: App & { readonly hostNames: ReadonlySet<string> }, host: Host): boolean {
  const isNamed = app.hostNames.has(host.name) || app.hostNames.has(wildcardOf(host.name) ?? '')
  return isNamed && (host.port === null || isPortOf(app, host.port))
}

/** An index in which an exact name hides a wildcard on the same port. */
export function createHostIndex<Entry extends App>(entries: readonly Entry[]): HostIndex<Entry> {
  const named = groupByHost(entries)
  const byName = new Map(
    [...named].map(([name, list]) => [name, withWildcards(list, named.get(wildcardOf(name) ?? ''))]),
  )
  return {
    find: (host) => {
      const list = byName.get(host.name) ?? byName.get(wildcardOf(host.name) ?? '')
      return list === undefined ? 'unknown_host' : choose(list, host.port)
    },
  }
}

function groupByHost<Entry extends App>(entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    for (const host of new Set(entry.hosts.map(indexedName))) groups.set(host, [...(groups.get(host) ?? []), entry])
  }
  return groups
}

function withWildcards<Entry extends App>(exact: readonly Entry[], wildcards: readonly Entry[] = []): Entry[] {
  const taken = new Set(exact.map((entry) => effectivePort(entry)))
  return [...exact, ...wildcards.filter((entry) => !taken.has(effectivePort(entry)))]
}

function choose<Entry extends App>(list: readonly Entry[], port: number | null): Entry | HostFault {
  const [first, second] = list
  if (first === undefined) return 'unknown_host'
  if (port === null) return second === undefined ? first : 'ambiguous_host'
  const exact = list.find((entry) => effectivePort(entry) === port)
  if (exact !== undefined) return exact
  const possible = list.filter((entry) => isPortOf(entry, port))
  return possible.length > 1 ? 'ambiguous_host' : (possible[0] ?? 'bad_host')
}

/** A proxy may name the scheme's own port although people reach the app on another one that leads there. */
function isPortOf(app: App, port: number): boolean {
  return port === effectivePort(app) || port === defaultPort(app.scheme)
}

/** The one wildcard that could stand for a name, or null for a name of one label. */
export function wildcardOf(name: string): string | null {
  const dot = name.indexOf('.')
  return dot === -1 ? null : `*${name.slice(dot)}`
}
