import { statement } from '../store/statement.ts'

export interface TotpSecretRow {
  id: string
  sealed_secret: Buffer
}

export interface FactorRow {
  id: string
  name: string
  created_at: Date
  last_used_at: Date | null
}

/** At most one is under way for each user: it takes the place of one that was begun before. */
export const PUT_UNCONFIRMED_TOTP = statement<[id: string, userId: string, sealedSecret: Buffer]>(
  'put_unconfirmed_totp',
  `insert into auth.totp_devices (id, user_id, name, sealed_secret) values ($1, $2, '', $3)
   on conflict (user_id) where confirmed_at is null
   do update set id = excluded.id, sealed_secret = excluded.sealed_secret, created_at = now()`,
)

export const FIND_UNCONFIRMED_TOTP = statement<[userId: string, lifeMs: number], TotpSecretRow>(
  'find_unconfirmed_totp',
  `select id, sealed_secret from auth.totp_devices
   where user_id = $1 and confirmed_at is null and now() < created_at + $2 * interval '1 millisecond'`,
)

/** The step counts as used, so that the code that confirmed proves nothing else. */
export const CONFIRM_TOTP = statement<[id: string, name: string, step: number], { id: string }>(
  'confirm_totp',
  `update auth.totp_devices set confirmed_at = now(), name = $2, last_step = $3
   where id = $1 and confirmed_at is null returning id`,
)

export const LIST_TOTP_SECRETS = statement<[userId: string], TotpSecretRow>(
  'list_totp_secrets',
  `select id, sealed_secret from auth.totp_devices where user_id = $1 and confirmed_at is not null order by id`,
)

/** A row for each device whose step is newer than all that were used: of any number at once exactly one gets it. */
export const USE_TOTP_STEPS = statement<[ids: readonly string[], steps: readonly number[]], { id: string }>(
  'use_totp_steps',
  `update auth.totp_devices t set last_step = given.step, last_used_at = now()
   from unnest($1::uuid[], $2::bigint[]) as given (id, step)
   where t.id = given.id and t.last_step < given.step returning t.id`,
)

export const LIST_TOTP = statement<[userId: string], FactorRow>(
  'list_totp',
  `select id, name, created_at, last_used_at from auth.totp_devices
   where user_id = $1 and confirmed_at is not null order by created_at, id`,
)

export const RENAME_TOTP = statement<[id: string, userId: string, name: string], { id: string }>(
  'rename_totp',
  `update auth.totp_devices set name = $3 where id = $1 and user_id = $2 and confirmed_at is not null returning id`,
)

export const DELETE_TOTP = statement<[id: string, userId: string], { name: string }>(
  'delete_totp',
  `delete from auth.totp_devices where id = $1 and user_id = $2 and confirmed_at is not null returning name`,
)

export const DELETE_ALL_TOTP = statement<[userId: string], { id: string }>(
  'delete_all_totp',
  `delete from auth.totp_devices where user_id = $1 returning id`,
)
