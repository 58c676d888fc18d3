import { statement } from '../store/statement.ts'

export interface RiskRow {
  sign_ins: number
  is_known_network: boolean
  is_usual_hour: boolean
  was_reset: boolean
}

/** A person's network for this: 256 addresses of IPv4, a /48 of IPv6, since providers give another one each week. */
const NEAR = `network(set_masklen($2::inet, case family($2::inet) when 4 then 24 else 48 end))`

/** What signing in looked like for this user within 90 days, of the last 500 times. */
export const FIND_RISK_FACTS = statement<[userId: string, address: string | null, nowMs: number], RiskRow>(
  'find_risk_facts',
  `with clock as (
     select to_timestamp($3::float8 / 1000) as now, extract(hour from to_timestamp($3::float8 / 1000) at time zone 'UTC') as hour
   ), history as materialized (
     select a.ip_address, extract(hour from a.occurred_at at time zone 'UTC') as hour
     from auth.auth_audit_log a, clock
     where a.actor_id = $1::uuid and a.event_type in ('sign_in', 'sign_in_second_factor') and a.result = 'success'
       and a.occurred_at > clock.now - interval '90 days'
     order by a.occurred_at desc limit 500
   )
   select (select count(*)::int from history) as sign_ins,
     exists (select from history where $2::inet is null or ip_address <<= ${NEAR}) as is_known_network,
     exists (
       select from history, clock
       where least(abs(history.hour - clock.hour), 24 - abs(history.hour - clock.hour)) <= 2
     ) as is_usual_hour,
     exists (
       select from auth.auth_audit_log a, clock
       where a.event_type in ('password_reset', 'factors_reset', 'email_changed') and a.result = 'success'
         and a.occurred_at > clock.now - interval '1 day'
         and (a.actor_id = $1::uuid or a.resource in (
           'user:' || $1::uuid, (select 'user:' || u.login from auth.users u where u.id = $1::uuid)))
     ) as was_reset`,
)
