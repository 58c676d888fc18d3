import { statement } from '../store/statement.ts'

export interface OwnedRow {
  totp: number
  webauthn: number
  recovery: number
}

/** How many of each somebody can use. */
export const COUNT_FACTORS = statement<[userId: string], OwnedRow>(
  `select
     (select count(*)::int from auth.totp_devices where user_id = $1 and confirmed_at is not null) as totp,
     (select count(*)::int from auth.webauthn_credentials where user_id = $1) as webauthn,
     (select count(*)::int from auth.recovery_codes where user_id = $1) as recovery`,
)
