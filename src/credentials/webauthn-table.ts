import { statement } from '../store/statement.ts'
import type { FactorRow } from './totp-table.ts'

export interface CredentialRow {
  id: string
  user_id: string
  sealed_public_key: Buffer
  sign_count: number
  backup_eligible: boolean
}

export interface PasskeyRow extends FactorRow {
  /** Copied to the owner's other devices. */
  backed_up: boolean
  copy_suspected_at: Date | null
}

export const FIND_CREDENTIAL = statement<[credentialId: Buffer], CredentialRow>(
  'find_credential',
  `select id, user_id, sealed_public_key, sign_count::float8 as sign_count, backup_eligible
   from auth.webauthn_credentials where credential_id = $1`,
)

export const LIST_CREDENTIAL_IDS = statement<[userId: string], { credential_id: Buffer; transports: string[] }>(
  'list_credential_ids',
  `select credential_id, transports from auth.webauthn_credentials where user_id = $1 order by created_at, id`,
)

type NewCredentialParams = [
  id: string,
  userId: string,
  name: string,
  credentialId: Buffer,
  sealedPublicKey: Buffer,
  signCount: number,
  transports: readonly string[],
  backupEligible: boolean,
  backedUp: boolean,
  userVerified: boolean,
]

/** No row when somebody has this credential already. */
export const INSERT_CREDENTIAL = statement<NewCredentialParams, { id: string }>(
  'insert_credential',
  `insert into auth.webauthn_credentials (id, user_id, name, credential_id, sealed_public_key, sign_count, transports,
     backup_eligible, backed_up, user_verified)
   values ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9, $10)
   on conflict (credential_id) do nothing returning id`,
)

/** No row for a count that isn't newer, but for authenticators that don't count (WebAuthn level 3, 7.2, step 22). */
export const USE_CREDENTIAL = statement<[id: string, signCount: number, backedUp: boolean], { id: string }>(
  'use_credential',
  `update auth.webauthn_credentials set sign_count = $2, backed_up = $3, last_used_at = now()
   where id = $1 and (sign_count < $2 or ($2 = 0 and sign_count = 0)) returning id`,
)

export const SUSPECT_COPY = statement<[id: string]>(
  'suspect_copy',
  `update auth.webauthn_credentials set copy_suspected_at = now() where id = $1`,
)

export const LIST_PASSKEYS = statement<[userId: string], PasskeyRow>(
  'list_passkeys',
  `select id, name, created_at, last_used_at, backed_up, copy_suspected_at
   from auth.webauthn_credentials where user_id = $1 order by created_at, id`,
)

export const RENAME_PASSKEY = statement<[id: string, userId: string, name: string], { id: string }>(
  'rename_passkey',
  `update auth.webauthn_credentials set name = $3 where id = $1 and user_id = $2 returning id`,
)

export const DELETE_PASSKEY = statement<[id: string, userId: string], { name: string }>(
  'delete_passkey',
  `delete from auth.webauthn_credentials where id = $1 and user_id = $2 returning name`,
)

export const DELETE_ALL_PASSKEYS = statement<[userId: string], { id: string }>(
  'delete_all_passkeys',
  `delete from auth.webauthn_credentials where user_id = $1 returning id`,
)
