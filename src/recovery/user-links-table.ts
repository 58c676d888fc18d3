import { statement } from '../store/statement.ts'

export interface OwnerRow {
  id: string
  login: string
  email: string
  name: string
  session_epoch: number
  disabled: boolean
}

const OWNER = `select id, login, email, name, session_epoch, disabled_at is not null as disabled from auth.users where id = $1`

export const FIND_OWNER = statement<[userId: string], OwnerRow>('find_owner', OWNER)

/** Held until the transaction ends, so that of two links made at once the second voids the first. */
export const LOCK_OWNER = statement<[userId: string], OwnerRow>('lock_owner', `${OWNER} for update`)

export const VOID_LINKS = statement<[userId: string, purpose: string]>(
  'void_links',
  `delete from auth.one_time_tokens where details ->> 'userId' = $1::text and purpose = $2 and used_at is null`,
)

/** Those that were made after one that was used. */
export const VOID_LATER_LINKS = statement<[userId: string, purpose: string, hash: Buffer]>(
  'void_later_links',
  `delete from auth.one_time_tokens
   where details ->> 'userId' = $1::text and purpose = $2 and used_at is null
     and created_at > (select created_at from auth.one_time_tokens where token_hash = $3)`,
)

/** The one that was mailed last, none older than the hour in which no more mails are sent. */
export const PROLONG_MAILED_RESET = statement<[userId: string, lifeMs: number]>(
  'prolong_mailed_reset',
  `update auth.one_time_tokens set expires_at = now() + $2 * interval '1 millisecond'
   where token_hash = (
     select token_hash from auth.one_time_tokens
     where details ->> 'userId' = $1::text and purpose = 'reset' and used_at is null
       and details -> 'more' ->> 'byMail' = 'yes' and created_at > now() - interval '1 hour'
     order by created_at desc limit 1
   )`,
)

/** The address is known to be read by its owner. */
export const VERIFY_EMAIL = statement<[userId: string]>(
  'verify_email',
  `update auth.users set email_verified_at = coalesce(email_verified_at, now()) where id = $1`,
)

export const FIND_VERIFIED = statement<[userId: string], { email: string; is_verified: boolean }>(
  'find_verified',
  `select email, email_verified_at is not null as is_verified from auth.users where id = $1`,
)

/** Ends every sign-in, those too that are about to begin. */
export const RAISE_SESSION_EPOCH = statement<[userId: string]>(
  'raise_session_epoch',
  `update auth.users set session_epoch = session_epoch + 1, updated_at = now() where id = $1`,
)
