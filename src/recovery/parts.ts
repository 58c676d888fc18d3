import type { Passwords } from '../credentials/password.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import type { Log } from '../observe/log.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'
import type { ClientParts } from '../web/client.ts'
import type { PageParts } from '../web/pages.ts'

/** Whose password it is to be; without an id of somebody who is about to be made. */
export interface PasswordOf {
  readonly userId: string | null
  readonly login: string
  readonly email: string
}

/** What commands work with as well as pages. */
export interface RecoveryTools {
  readonly database: Database
  readonly keys: KeyRing
  readonly publicUrl: URL
  /** Whether there is a mail server. */
  readonly sendsMails: boolean
}

/** What the pages of recovery are built from. */
export interface RecoveryParts extends PageParts, ClientParts, RecoveryTools {
  readonly feed: ChangeFeed
  readonly passwords: Passwords
  readonly sessions: Pick<Sessions, 'whoHas' | 'endAllIn'>
  readonly passwordMinLength: number
  /** What is wrong with a new password of this person, as a sentence, or null. */
  readonly newPasswordFault: (password: string, owner: PasswordOf) => Promise<string | null>
  readonly attempts: Pick<Attempts, 'clear'>
  readonly rateLimits: RateLimits | null
  readonly log: Pick<Log, 'info' | 'error'>
}

/** From where something was asked. */
export interface Client {
  readonly address: string | null
  readonly userAgent: string
}
