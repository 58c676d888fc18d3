import type { Config } from '../config/settings.ts'
import type { LiveKeys } from '../credentials/live-keys.ts'
import type { NewPasswords } from '../credentials/new-passwords.ts'
import type { OwnFactors } from '../credentials/own-factors.ts'
import type { Passwords } from '../credentials/password.ts'
import { PosternError } from '../errors.ts'
import { readTimeCursor } from '../lib/time-cursor.ts'
import type { TimeCursor } from '../lib/time-cursor.ts'
import type { Principal } from '../lib/principal.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { Policies } from '../policies/policies.ts'
import type { RecoveryTools } from '../recovery/parts.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'

/** What administering works with, by pages, the API or commands; the whole context has it. */
export interface AdministrationParts {
  readonly config: Pick<Config, 'policyFile'>
  readonly database: Database
  readonly feed: ChangeFeed
  readonly passwords: Pick<Passwords, 'hash'>
  readonly newPasswords: Pick<NewPasswords, 'fault' | 'rules'>
  readonly ownFactors: OwnFactors
  readonly sessions: Sessions
  readonly policies: Policies
  readonly recovery: RecoveryTools
  readonly attempts: Attempts
  readonly apiTokens: ApiTokens
  readonly liveKeys: LiveKeys
}

/**
 * Who does it, as the request's principal; null for an operator at a shell, who holds everything. From where it is done
 * goes into the record by itself.
 */
export type Doer = Pick<Principal, 'userId' | 'login' | 'roles' | 'via'> | null

/** Refuses a change of what has changed since it was read; called within the transaction of the change. */
export type Expect = (version: string) => void

/** One page of a list; `next` is what to give as `after` for the one that follows, null after the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** As many as any page of a list may have. */
export const MAX_PAGE = 500

/** A page of what was read with one more than it may have. @param cursorOf tells the cursor of its last item */
export function pageOf<Item>(rows: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** @throws PosternError `bad_request` for what is no cursor */
export function cursorOf(after: string | undefined): TimeCursor {
  const cursor = readTimeCursor(after)
  if (cursor === null) throw new PosternError('bad_request', 'after is no cursor of this list')
  return cursor
}
