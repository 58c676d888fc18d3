import { statement } from '../store/statement.ts'

/** Rows of one kind that only a certain key can read or check. */
export interface NeedRow {
  what:
    | 'sign_ins'
    | 'api_tokens'
    | 'links'
    | 'devices'
    | 'totp'
    | 'passkeys'
    | 'codes'
    | 'replies'
    | 'passwords'
    | 'old_passwords'
  count: number
}

/** A process that was stopped while the key was retired may have used it for a moment more. */
const MADE_BY_THEN = `<= (select retired_at + interval '1 hour' from auth.keys where id = $1)`

/** API tokens of people who are disabled too: these are good again with them. @param keyText how tokens name the key */
export const COUNT_TOKEN_NEEDS = statement<[id: number, keyText: string], NeedRow>(
  'count_token_needs',
  `select what, count::int from (
     select 'sign_ins' as what, count(distinct s.id) as count
       from auth.session_tokens t join auth.valid_sessions s on s.id = t.session_id where t.created_at ${MADE_BY_THEN}
     union all select 'api_tokens', count(*) from auth.api_tokens
       where revoked_at is null and now() < expires_at and substr(prefix, 5, 2) = $2
     union all select 'links', count(*) from auth.one_time_tokens
       where used_at is null and now() < expires_at and created_at ${MADE_BY_THEN}
     union all select 'devices', count(*) from auth.devices
       where key_id = $1 or (key_id is null and first_seen_at ${MADE_BY_THEN})
   ) needs where count > 0`,
)

/** Sealed values say which key they are of; what is hashed under one doesn't. */
export const COUNT_SEALING_NEEDS = statement<[id: number], NeedRow>(
  'count_sealing_needs',
  `select what, count::int from (
     select 'totp' as what, count(*) as count from auth.totp_devices where substring(sealed_secret from 2 for 4) = int4send($1)
     union all select 'passkeys', count(*) from auth.webauthn_credentials
       where substring(sealed_public_key from 2 for 4) = int4send($1)
     union all select 'codes', count(*) from auth.recovery_codes where created_at ${MADE_BY_THEN}
     union all select 'replies', count(*) from auth.idempotency_keys
       where substring(sealed_reply from 2 for 4) = int4send($1)
   ) needs where count > 0`,
)

export const COUNT_PEPPER_NEEDS = statement<[id: number], NeedRow>(
  'count_pepper_needs',
  `select what, count::int from (
     select 'passwords' as what, count(*) as count from auth.users where pepper_key_id = $1
     union all select 'old_passwords', count(*) from auth.password_history where pepper_key_id = $1
   ) needs where count > 0`,
)
