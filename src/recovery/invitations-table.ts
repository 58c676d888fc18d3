import { statement } from '../store/statement.ts'

export interface InvitationRow {
  id: string
  email: string
  roles: string[]
  /** Login of who invited; null for an operator at a shell. */
  by: string | null
  /** Whether a mail brought the link, which proves the address. */
  by_mail: boolean
  created_at: Date
  expires_at: Date
}

const INVITATION = `details ->> 'id' as id, details ->> 'email' as email, details ->> 'by' as by,
  (details ->> 'byMail')::boolean as by_mail, created_at, expires_at,
  array(select jsonb_array_elements_text(details -> 'roles')) as roles`
const IS_OPEN = `purpose = 'invitation' and used_at is null and now() < expires_at`

export const LIST_INVITATIONS = statement<[limit: number], InvitationRow>(
  'list_invitations',
  `select ${INVITATION} from auth.one_time_tokens where ${IS_OPEN} order by created_at desc limit $1`,
)

export const FIND_INVITATION = statement<[hash: Buffer], InvitationRow>(
  'find_invitation',
  `select ${INVITATION} from auth.one_time_tokens where token_hash = $1 and ${IS_OPEN}`,
)

/** Of any number at once exactly one gets the row. */
export const CONSUME_INVITATION = statement<[hash: Buffer], InvitationRow>(
  'consume_invitation',
  `update auth.one_time_tokens set used_at = now() where token_hash = $1 and ${IS_OPEN} returning ${INVITATION}`,
)

/** Another token for the same invitation: those before it are void. */
export const RENEW_INVITATION = statement<[id: string, hash: Buffer], { id: string }>(
  'renew_invitation',
  `update auth.one_time_tokens set token_hash = $2
   where purpose = 'invitation' and details ->> 'id' = $1 and ${IS_OPEN} returning details ->> 'id' as id`,
)

export const REVOKE_INVITATION = statement<[id: string], { email: string }>(
  'revoke_invitation',
  `delete from auth.one_time_tokens where purpose = 'invitation' and details ->> 'id' = $1 and ${IS_OPEN}
   returning details ->> 'email' as email`,
)

export const REVOKE_INVITATIONS_OF = statement<[email: string]>(
  'revoke_invitations_of',
  `delete from auth.one_time_tokens where ${IS_OPEN} and details ->> 'email' = $1`,
)

/** Held until the transaction ends, so that of two invitations of one address the second takes the place of the first. */
export const LOCK_INVITATIONS = statement<[email: string], object>(
  'lock_invitations',
  `select pg_advisory_xact_lock(7461011, hashtext($1))`,
)
