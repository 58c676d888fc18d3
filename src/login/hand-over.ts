import { createHash } from 'node:crypto'
import { CONSUME_ONE_TIME_TOKEN, INSERT_ONE_TIME_TOKEN } from '../credentials/one-time-tokens-table.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { FactorTimes, Principal } from '../lib/principal.ts'
import { equalSecrets } from '../lib/secrets.ts'
import { hashToken, isOurToken, mintToken } from '../lib/tokens.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Database } from '../store/database.ts'
import { DELETE_OLDER_CODES } from './hand-over-table.ts'
import type { NewSession } from '../web/pages.ts'

/** Hands a sign-in on the portal over to an app's own host, by a code that goes through the browser once. */
export interface HandOver {
  /**
   * The oldest codes of a sign-in go where there are many of them.
   * @returns a code for 30 s, one host, one page and the one browser whose state cookie has that hash
   */
  offer(principal: Principal, to: Destination): Promise<string>
  /**
   * Uses the code up, whatever comes of it.
   * @returns null for one that was used, is too old, or belongs to another host or browser
   */
  accept(presented: Presented): Promise<HandedOver | null>
}

export interface Destination {
  readonly host: string
  /** Path and query. */
  readonly target: string
  readonly stateHash: string
}

export interface Presented {
  readonly code: string
  /** The app's host that it came to. */
  readonly host: string
  /** Value of the state cookie. */
  readonly state: string
}

export interface HandedOver {
  readonly session: NewSession
  readonly target: string
}

export interface HandOverParts {
  readonly database: Database
  readonly sessions: Pick<Sessions, 'addToken'>
  readonly keys: KeyRing
}

const PURPOSE = 'hand_over'
const LIFE_MS = 30_000

/** Builds the hand-over; each code is used by one statement, in the transaction that makes the token. */
export function createHandOver({ database, sessions, keys }: HandOverParts): HandOver {
  return {
    async offer({ signInId, factors }, to) {
      const code = mintToken(keys, 'hand_over')
      const details: Details = { ...to, signInId, factors }
      await database.query(DELETE_OLDER_CODES, signInId)
      await database.query(INSERT_ONE_TIME_TOKEN, hashToken(code), PURPOSE, JSON.stringify(details), LIFE_MS)
      return code
    },
    async accept({ code, host, state }) {
      if (!isOurToken(keys, 'hand_over', code)) return null
      return database.transaction(async (tx) => {
        const [used] = await tx.query(CONSUME_ONE_TIME_TOKEN, hashToken(code), PURPOSE)
        if (used === undefined) return null
        // Written by us, so it has our own form.
        const { target, signInId, factors, ...bound } = used.details as Details
        if (bound.host !== host || !equalSecrets(bound.stateHash, hashState(state))) return null
        const session = await sessions.addToken(tx, { signInId, host, factors })
        return session === null ? null : { session, target }
      })
    },
  }
}

/** What the portal learns of a state cookie, so that what stands in its addresses can't be used as one. */
export function hashState(state: string): string {
  return createHash('sha256').update(state).digest('base64url')
}

interface Details extends Destination {
  readonly signInId: string
  /** Those of the token that asked, not of the sign-in, which may have gained one since. */
  readonly factors: FactorTimes
}
