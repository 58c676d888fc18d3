import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

/** No row where it was told within the hour. */
export const CLAIM_ANOMALY = statement<[kind: string, subject: string, quietMs: number], { kind: string }>(
  'claim_anomaly',
  `insert into auth.anomalies as a (kind, subject) values ($1, $2)
   on conflict (kind, subject) do update set told_at = now()
   where a.told_at <= now() - $3::float8 * interval '1 millisecond'
   returning kind`,
)

/** Different networks within a time from which somebody signed in, or to which a sign-in of his came. */
export const FIND_MANY_NETWORKS = statement<
  [withinMs: number, atLeast: number],
  { user_id: string; login: string; networks: string[] }
>(
  'find_many_networks',
  `with lately as (
     select user_id, network(set_masklen(ip_address, case family(ip_address) when 4 then 24 else 48 end)) as network
     from auth.sessions
     where created_at > now() - $1::float8 * interval '1 millisecond' and ip_address is not null
     union
     select user_id, network::cidr from auth.network_sightings
     where seen_at > now() - $1::float8 * interval '1 millisecond'
   ), many as (
     select user_id, array_agg(distinct network order by network) as networks
     from lately group by user_id having count(distinct network) >= $2::int
     order by count(distinct network) desc limit 20
   )
   select many.user_id, u.login, many.networks[1:20]::text[] as networks from many join auth.users u on u.id = many.user_id`,
)

export const PRUNE_ANOMALIES = pruneStatement('prune_anomalies', 'auth.anomalies', 'told_at')
export const PRUNE_NETWORK_SIGHTINGS = pruneStatement('prune_network_sightings', 'auth.network_sightings', 'seen_at')
