import { statement } from '../store/statement.ts'

export interface OwnedRow {
  totp: number
  webauthn: number
  recovery: number
}

/**
 * Held until the transaction ends. A lock of its own instead of the user's row: who signs in takes a factor's row first
 * and the user's after it, and must never wait for somebody who does it the other way round.
 */
export const LOCK_FACTORS = statement<[userId: string], object>(
  'lock_factors',
  `select pg_advisory_xact_lock(7461008, hashtext($1::text))`,
)

/** How many of each somebody can use. */
export const COUNT_FACTORS = statement<[userId: string], OwnedRow>(
  'count_factors',
  `select
     (select count(*)::int from auth.totp_devices where user_id = $1 and confirmed_at is not null) as totp,
     (select count(*)::int from auth.webauthn_credentials where user_id = $1) as webauthn,
     (select count(*)::int from auth.recovery_codes where user_id = $1) as recovery`,
)
