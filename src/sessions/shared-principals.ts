import type { Known } from './principal-cache.ts'

/** A second tier that processes share: a cache that may lose, hold back or make up anything, never an authority. */
export interface SharedPrincipals {
  /** Null for what it doesn't have, can't open, or doesn't give in time. Never rejects. */
  get(token: string): Promise<Known | null>
  /** Goes its way without anybody waiting for it. */
  set(token: string, known: Known): void
}

/** Where there is no second tier. */
export const NO_SHARED_PRINCIPALS: SharedPrincipals = { get: async () => null, set: () => {} }
