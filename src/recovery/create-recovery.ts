import type { LoadedConfig } from '../config/settings.ts'
import type { NewPasswords } from '../credentials/new-passwords.ts'
import { listPasswords } from '../users/users.ts'
import type { RecoveryParts } from './parts.ts'

type Own = 'publicUrl' | 'keys' | 'sendsMails' | 'feed' | 'rateLimits'
type Shared = Omit<RecoveryParts, Own | 'newPasswordFault'>

export interface RecoveryOptions extends Pick<RecoveryParts, 'keys' | 'feed' | 'rateLimits'> {
  readonly loaded: LoadedConfig
  readonly newPasswords: Pick<NewPasswords, 'fault' | 'rules'>
}

/** The parts of recovery: those of every page, and what only recovery needs. */
export function createRecovery(shared: Shared, options: RecoveryOptions): RecoveryParts {
  const { loaded, newPasswords, keys, feed, rateLimits } = options
  const { database } = shared
  return {
    ...shared,
    keys,
    feed,
    rateLimits,
    publicUrl: loaded.config.publicUrl,
    sendsMails: loaded.secrets.smtpUrl !== null,
    async newPasswordFault(password, { userId, login, email }) {
      const before = userId === null ? [] : await listPasswords(database, userId, newPasswords.rules.history)
      return newPasswords.fault(password, { login, email }, before)
    },
  }
}
