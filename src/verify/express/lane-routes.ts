import { ownCopy } from '../../lib/own-copy.ts'
import type { Dialect } from '../dialects/dialect.ts'

/** What a target of the express lane asks of whom. */
export interface LaneRoute {
  readonly dialect: Dialect
  readonly appName: string | null
}

/** Finds the route that a request target names, or null for what the ordinary server must look at. */
export type FindLaneRoute = (target: string) => LaneRoute | null

const PREFIX = '/verify/'
const APP = '/app/'
/** Without anything that could be decoded or cut. */
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,64}$/
/** As many as apps with some room; a proxy that makes up more is looked up each time. */
const MAX_KNOWN = 1_000

/** @param dialects by their names in verify URLs; those that find the original target in the URL stay outside */
export function createLaneRoutes(dialects: Readonly<Record<string, Dialect>>): FindLaneRoute {
  const known = new Map<string, LaneRoute>()
  return (target) => {
    const remembered = known.get(target)
    if (remembered !== undefined) return remembered
    // What was cut out of the bytes of a connection would hold on to all of them.
    const own = ownCopy(target)
    const route = findRoute(dialects, own)
    if (route !== null && known.size < MAX_KNOWN) known.set(own, route)
    return route
  }
}

function findRoute(dialects: Readonly<Record<string, Dialect>>, target: string): LaneRoute | null {
  if (!target.startsWith(PREFIX)) return null
  const [name = '', appName = null] = target.slice(PREFIX.length).split(APP, 2)
  const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined
  if (dialect === undefined || dialect.appInUrl === 'and_target') return null
  if (appName === null) return dialect.appInUrl === 'may' && target === PREFIX + name ? { dialect, appName } : null
  return PLAIN_NAME.test(appName) && target === PREFIX + name + APP + appName ? { dialect, appName } : null
}
