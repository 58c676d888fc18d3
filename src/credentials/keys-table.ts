import { statement } from '../store/statement.ts'

export interface KeyRow {
  id: number
  purpose: string
  wrapped_key: Buffer
  minting: boolean
}

/** Held until the transaction ends, so that replicas that start together make each key once. */
export const LOCK_KEYS = statement<[], object>('lock_keys', `select pg_advisory_xact_lock(7461001)`)

export const LIST_KEYS = statement<[], KeyRow>(
  'list_keys',
  `select id, purpose, wrapped_key, retired_at is null as minting from auth.keys order by id`,
)

/** True once there is anything that missing keys would make unreadable. */
export const HAS_PASSWORDS = statement<[], { has: boolean }>(
  'has_passwords',
  `select exists (select from auth.users where password_hash is not null) as has`,
)

/** True once anything was sealed, or hashed under a sealing key. */
export const HAS_FACTORS = statement<[], { has: boolean }>(
  'has_factors',
  `select exists (select from auth.totp_devices) or exists (select from auth.webauthn_credentials)
     or exists (select from auth.recovery_codes) as has`,
)

export const INSERT_KEY = statement<[purpose: string, wrappedKey: Buffer]>(
  'insert_key',
  `insert into auth.keys (purpose, wrapped_key) values ($1, $2)`,
)

export const REWRAP_KEY = statement<[id: number, wrappedKey: Buffer]>(
  'rewrap_key',
  `update auth.keys set wrapped_key = $2 where id = $1`,
)
