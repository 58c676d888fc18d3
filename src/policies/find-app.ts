import type { Host } from '../lib/host.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import type { Judgement } from './decision.ts'
import type { HostFault } from './host-index.ts'
import { isHostOf } from './host-index.ts'

/** Why no app could be told, as the judgement that follows from it. */
export type NoApp = Extract<Judgement, { kind: 'forbid' | 'refuse' }>

const NO_APP: Readonly<Record<HostFault, NoApp>> = {
  unknown_host: { kind: 'forbid', reason: 'unknown_host', app: null, rule: null, principal: null },
  ambiguous_host: { kind: 'refuse', reason: 'ambiguous_host' },
  bad_host: { kind: 'refuse', reason: 'bad_host' },
}

const WRONG_APP: NoApp = { kind: 'refuse', reason: 'wrong_app' }

/**
 * The app that a request is for (DESIGN 4.2).
 * @param appName from the verify URL; where it is given it decides, and the host must be one of that app's
 */
export function findApp(policy: CompiledPolicy, host: Host, appName: string | null): CompiledApp | NoApp {
  if (appName !== null) {
    const app = policy.apps.get(appName)
    return app !== undefined && isHostOf(app, host) ? app : WRONG_APP
  }
  const found = policy.hosts.find(host)
  return typeof found === 'string' ? NO_APP[found] : found
}
