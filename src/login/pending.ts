import { CONSUME_ONE_TIME_TOKEN, INSERT_ONE_TIME_TOKEN } from '../credentials/one-time-tokens-table.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { FactorTimes } from '../lib/principal.ts'
import { hashToken, isOurToken, mintToken } from '../lib/tokens.ts'
import type { Risk } from '../limits/risk.ts'
import type { Queryable } from '../store/database.ts'
import { FIND_PENDING, TRY_PENDING } from './pending-table.ts'

/** A sign-in of which one factor is proven. Its token is worth nothing but at the step that is missing. */
export interface Pending {
  readonly userId: string
  readonly login: string
  /** As read together with the first proof: what ends sign-ins ends this one too. */
  readonly sessionEpoch: number
  readonly factors: FactorTimes
  readonly remember: boolean
  /** What is missing: a factor that was set up, or one yet to be set up. */
  readonly next: 'second_factor' | 'enrol'
  /** From where the first factor was given. */
  readonly address: string | null
  /** As weighed at the first factor. */
  readonly risk: Risk
}

/** Keeps half-done sign-ins for five minutes and a few tries. */
export interface PendingSignIns {
  open(tx: Queryable, pending: Pending): Promise<string>
  find(database: Queryable, token: string): Promise<Pending | null>
  /** The same, counting one more try and keeping others waiting until the transaction ends. */
  tryOnce(tx: Queryable, token: string): Promise<Pending | null>
  /** Uses it up; false when it was. */
  consume(tx: Queryable, token: string): Promise<boolean>
}

/** How long what is missing may take. */
export const PENDING_LIFE_MS = 300_000

const PURPOSE = 'pending'

/** Builds the keeping of half-done sign-ins; a token that we didn't make costs no look-up. */
export function createPendingSignIns(keys: KeyRing): PendingSignIns {
  const read = async (rows: Promise<{ details: unknown }[]>): Promise<Pending | null> => {
    const [row] = await rows
    // Written by us, so it has our own form.
    return row === undefined ? null : (row.details as Pending)
  }
  const isOurs = (token: string): boolean => isOurToken(keys, PURPOSE, token)
  return {
    async open(tx, pending) {
      const token = mintToken(keys, PURPOSE)
      const details = JSON.stringify({ ...pending, tries: 0 })
      await tx.query(INSERT_ONE_TIME_TOKEN, hashToken(token), PURPOSE, details, PENDING_LIFE_MS)
      return token
    },
    find: async (database, token) => (isOurs(token) ? read(database.query(FIND_PENDING, hashToken(token))) : null),
    tryOnce: async (tx, token) => (isOurs(token) ? read(tx.query(TRY_PENDING, hashToken(token))) : null),
    async consume(tx, token) {
      return (await tx.query(CONSUME_ONE_TIME_TOKEN, hashToken(token), PURPOSE)).length > 0
    },
  }
}
