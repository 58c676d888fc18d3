import type { BoundedEvents } from '../audit/bounded-events.ts'
import type { Factors } from '../credentials/factors.ts'
import type { Passwords } from '../credentials/password.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { Devices } from '../limits/devices.ts'
import type { RiskThresholds } from '../limits/risk.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { Outage } from '../sessions/outage.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'
import type { PendingSignIns } from './pending.ts'

/** What the steps of signing in are built from. */
export interface SignInParts {
  readonly database: Database
  /** Those of tokens. */
  readonly keys: KeyRing
  readonly feed: Pick<ChangeFeed, 'commit'>
  readonly passwords: Passwords
  readonly factors: Factors
  readonly attempts: Attempts
  readonly devices: Devices
  readonly sessions: Sessions
  readonly pending: PendingSignIns
  /** The policy in force: of whom it demands a second factor. */
  readonly policy: () => Pick<CompiledPolicy, 'secondFactor'>
  readonly risk: RiskThresholds
  /** For how long a device may be trusted that gave the second factor; 0 where that isn't offered. */
  readonly deviceTrustMs: number
  readonly outage: Pick<Outage, 'unreachable'>
  readonly metrics: Pick<Metrics, 'attempt'>
  readonly events: Pick<BoundedEvents, 'note'>
  readonly log: Pick<Log, 'info' | 'error'>
}
