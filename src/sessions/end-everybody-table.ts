import { statement } from '../store/statement.ts'

/** Those that began before this key was made; so many at a time. */
export const END_SIGN_INS_BEFORE_KEY = statement<[keyId: number, limit: number], { id: string }>(
  'end_sign_ins_before_key',
  `update auth.sessions set ended_at = now(), end_reason = 'key_ended'
   where id in (
     select id from auth.sessions
     where ended_at is null and created_at < (select created_at from auth.keys where id = $1) limit $2
   ) and ended_at is null returning id`,
)

export const REVOKE_API_TOKENS_BEFORE_KEY = statement<[keyId: number], { id: string }>(
  'revoke_api_tokens_before_key',
  `update auth.api_tokens set revoked_at = now()
   where revoked_at is null and created_at < (select created_at from auth.keys where id = $1) returning id`,
)
