import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

export interface DeviceRow {
  id: string
  first_seen_at: Date
  last_seen_at: Date
  ip_address: string | null
  user_agent: string
  /** Null where the second factor is asked for. */
  trusted_until: Date | null
  token_hash: Buffer
}

/** Trust counts only while the user's password and factors are those that it began with. */
const IS_TRUSTED = `coalesce(d.trusted_until > now() and d.trusted_epoch = u.session_epoch, false)`

export const FIND_DEVICE = statement<
  [userId: string, tokenHash: Buffer],
  { id: string; is_trusted: boolean; key_id: number | null }
>(
  'find_device',
  `select d.id, ${IS_TRUSTED} as is_trusted, d.key_id
   from auth.devices d join auth.users u on u.id = d.user_id where d.token_hash = $2 and d.user_id = $1`,
)

export const LIST_DEVICES = statement<[userId: string, limit: number], DeviceRow>(
  'list_devices',
  `select d.id, d.first_seen_at, d.last_seen_at, host(d.ip_address) as ip_address, d.user_agent, d.token_hash,
     case when ${IS_TRUSTED} then d.trusted_until end as trusted_until
   from auth.devices d join auth.users u on u.id = d.user_id
   where d.user_id = $1 order by d.last_seen_at desc limit $2`,
)

/** Everybody who has the cookie has the new one from now on. */
export const RENEW_DEVICE_TOKEN = statement<[tokenHash: Buffer, newHash: Buffer, keyId: number]>(
  'renew_device_token',
  `update auth.devices set token_hash = $2, key_id = $3 where token_hash = $1`,
)

type LearnParams = [
  userId: string,
  tokenHash: Buffer,
  address: string | null,
  userAgent: string,
  trustForMs: number | null,
  kept: number,
  keyId: number,
]

/** Adds a device or notes that it was used; the least used go of those that are too many. */
export const LEARN_DEVICE = statement<LearnParams, { id: string }>(
  'learn_device',
  `with surplus as (
     delete from auth.devices where id in (
       select id from auth.devices where user_id = $1 and token_hash <> $2 order by last_seen_at desc offset $6::int - 1
     ) returning 1
   )
   insert into auth.devices as d (user_id, token_hash, ip_address, user_agent, key_id, trusted_until, trusted_epoch)
   select u.id, $2, $3::inet, $4, $7::integer, now() + $5::float8 * interval '1 millisecond',
     case when $5::float8 is not null then u.session_epoch end
   from auth.users u where u.id = $1 and (select count(*) from surplus) >= 0
   on conflict (token_hash, user_id) do update set last_seen_at = now(), ip_address = excluded.ip_address,
     user_agent = excluded.user_agent, trusted_until = coalesce(excluded.trusted_until, d.trusted_until),
     trusted_epoch = coalesce(excluded.trusted_epoch, d.trusted_epoch)
   returning id`,
)

export const FORGET_DEVICE = statement<[userId: string, id: string], { id: string }>(
  'forget_device',
  `delete from auth.devices where user_id = $1 and id = $2::uuid returning id`,
)

export const FORGET_DEVICES = statement<[userId: string], { id: string }>(
  'forget_devices',
  `delete from auth.devices where user_id = $1 returning id`,
)

export const PRUNE_DEVICES = pruneStatement('prune_devices', 'auth.devices', 'last_seen_at')
