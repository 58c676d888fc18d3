import { statement } from '../store/statement.ts'

export interface SealedRow {
  id: string
  user_id: string
  sealed: Buffer
}

/** One process at a time; held until the transaction ends. */
export const TRY_RESEAL_LOCK = statement<[], { held: boolean }>(
  'try_reseal_lock',
  `select pg_try_advisory_xact_lock(7461022) as held`,
)

/** Values of any other key, by id from a place on. */
export const LIST_TOTP_TO_RESEAL = statement<[after: string, keyId: number, limit: number], SealedRow>(
  'list_totp_to_reseal',
  `select id, user_id, sealed_secret as sealed from auth.totp_devices
   where id > $1 and substring(sealed_secret from 2 for 4) <> int4send($2) order by id limit $3`,
)

export const LIST_PASSKEYS_TO_RESEAL = statement<[after: string, keyId: number, limit: number], SealedRow>(
  'list_passkeys_to_reseal',
  `select id, user_id, sealed_public_key as sealed from auth.webauthn_credentials
   where id > $1 and substring(sealed_public_key from 2 for 4) <> int4send($2) order by id limit $3`,
)

type ResealParams = [
  ids: readonly string[],
  sealed: readonly Buffer[],
  anew: readonly Buffer[],
  first: string,
  last: string,
]

/** Leaves what was changed meanwhile. First and last id keep a batch from looking through the whole table: 60 ms at 50,000. */
export const RESEAL_TOTP = statement<ResealParams>(
  'reseal_totp',
  `update auth.totp_devices t set sealed_secret = given.anew
   from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as given (id, sealed, anew)
   where t.id = given.id and t.sealed_secret = given.sealed and t.id between $4 and $5`,
)

export const RESEAL_PASSKEYS = statement<ResealParams>(
  'reseal_passkeys',
  `update auth.webauthn_credentials c set sealed_public_key = given.anew
   from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as given (id, sealed, anew)
   where c.id = given.id and c.sealed_public_key = given.sealed and c.id between $4 and $5`,
)
