import { statement } from '../store/statement.ts'

export interface KeyRow {
  id: number
  purpose: string
  /** Null for one that has ended. */
  wrapped_key: Buffer | null
  minting: boolean
  /** Whether it is to take over by now. */
  due: boolean
}

/** Held until the transaction ends, so that replicas that start together make each key once. */
export const LOCK_KEYS = statement<[], object>('lock_keys', `select pg_advisory_xact_lock(7461001)`)

/** Those too that have ended: a key that is in neither table was lost, and is kept by whoever has it. */
export const LIST_KEYS = statement<[], KeyRow>(
  'list_keys',
  `select id, purpose, wrapped_key, retired_at is null as minting, coalesce(mints_after <= now(), false) as due
   from auth.keys
   union all select id, purpose, null, false, false from auth.ended_keys
   order by id`,
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

export const INSERT_KEY = statement<[purpose: string, wrappedKey: Buffer], { id: number }>(
  'insert_key',
  `insert into auth.keys (purpose, wrapped_key) values ($1, $2) returning id`,
)

export const REWRAP_KEY = statement<[id: number, wrappedKey: Buffer]>(
  'rewrap_key',
  `update auth.keys set wrapped_key = $2 where id = $1`,
)

/** One that checks already and takes over later. */
export const INSERT_COMING_KEY = statement<
  [purpose: string, wrappedKey: Buffer, waitMs: number],
  { id: number; mints_after: Date }
>(
  'insert_coming_key',
  `insert into auth.keys (purpose, wrapped_key, retired_at, mints_after)
   values ($1, $2, now(), now() + $3 * interval '1 millisecond') returning id, mints_after`,
)

export const FIND_COMING_KEY = statement<[purpose: string], { id: number; mints_after: Date }>(
  'find_coming_key',
  `select id, mints_after from auth.keys where purpose = $1 and mints_after is not null`,
)

export const LIST_DUE_KEYS = statement<[], { id: number; purpose: string }>(
  'list_due_keys',
  `select id, purpose from auth.keys where mints_after <= now() order by id`,
)

export const RETIRE_MINTING_KEY = statement<[purpose: string], { id: number }>(
  'retire_minting_key',
  `update auth.keys set retired_at = now() where purpose = $1 and retired_at is null returning id`,
)

export const PROMOTE_KEY = statement<[id: number]>(
  'promote_key',
  `update auth.keys set retired_at = null, mints_after = null where id = $1`,
)

/** Retired for as long that nothing of it can be under way. */
export const LIST_LONG_RETIRED = statement<[restMs: number], { id: number; purpose: string }>(
  'list_long_retired',
  `select id, purpose from auth.keys
   where mints_after is null and retired_at < now() - $1 * interval '1 millisecond' order by id`,
)

export const LIST_KEYS_OF = statement<[purpose: string], { id: number }>(
  'list_keys_of',
  `select id from auth.keys where purpose = $1 order by id`,
)

export const END_KEY = statement<[id: number], { id: number }>(
  'end_key',
  `with gone as (
     delete from auth.keys where id = $1 returning id, purpose, created_at
   )
   insert into auth.ended_keys (id, purpose, created_at) select id, purpose, created_at from gone returning id`,
)
