import type { Config } from '../config/settings.ts'
import type { Host } from '../lib/host.ts'
import { deriveKeys } from '../lib/key-ring.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { findApp } from '../policies/find-app.ts'
import type { Policies } from '../policies/policies.ts'
import { createEntrances } from '../web/entrance.ts'
import { createHandOver } from './hand-over.ts'
import { createPendingSignIns } from './pending.ts'
import type { PortalParts } from './portal.ts'
import { createReturnAddresses } from './return-address.ts'

/** What is built before the portal. */
export interface PortalBasis extends Pick<
  PortalParts,
  | 'database'
  | 'feed'
  | 'passwords'
  | 'factors'
  | 'ownFactors'
  | 'attempts'
  | 'devices'
  | 'sessions'
  | 'cookies'
  | 'look'
  | 'trustedProxies'
  | 'outage'
  | 'metrics'
  | 'events'
  | 'log'
  | 'onFirstRunDone'
> {
  readonly config: Config
  /** Those of tokens. */
  readonly keys: KeyRing
  readonly policies: Pick<Policies, 'current'>
}

/** Builds what the portal's pages and API are made from. */
export function createPortalParts(basis: PortalBasis): PortalParts {
  const { config, keys, policies, database, sessions } = basis
  const policy = (): CompiledPolicy => policies.current()
  return {
    ...basis,
    pending: createPendingSignIns(keys),
    policy,
    risk: { notify: config.riskNotify, secondFactor: config.riskSecondFactor, stop: config.riskStop },
    deviceTrustMs: config.deviceTrust,
    returnAddresses: createReturnAddresses(deriveKeys(keys, 'return addresses'), policy, Date.now, config.publicUrl),
    handOver: createHandOver({ database, sessions, keys }),
    formKeys: deriveKeys(keys, 'form tokens'),
    entrances: createEntrances(config.publicUrl, (host) => appOrigin(policy(), host)),
    listen: config.listen,
    passwordMinLength: config.passwordMinLength,
    offersReset: config.mailFrom !== null,
  }
}

function appOrigin(policy: CompiledPolicy, host: Host): string | null {
  const app = findApp(policy, host, null)
  return 'origin' in app ? app.origin(host.name) : null
}
