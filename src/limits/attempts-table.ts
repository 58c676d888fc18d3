import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'
import { FAILURES_A_PERSON, RULES } from './attempt-sides.ts'
import type { SideName, SideRule } from './attempt-sides.ts'

export interface CountedRow {
  failures: number | null
  network_failures: number | null
  person_failures: number | null
  stopped_side: SideName | null
  /** Null where it isn't stopped; -1 for ever. */
  wait_ms: number | null
}

export interface ListedRow {
  side: string
  factor: string
  user_id: string | null
  network: string | null
  failures: number
  last_at: Date
  stopped_until: Date | null
  is_stopped_for_ever: boolean
}

type ReserveParams = [
  nowMs: number,
  pairKey: Buffer,
  networkKey: Buffer,
  personKey: Buffer,
  factor: string,
  guessed: string,
  subject: Buffer,
  userId: string | null,
  network: string | null,
  site: string | null,
]

/**
 * What a stop that began before this statement forbids is counted nowhere. Of many at once each waits for the row, sees
 * it as the one before left it, and goes on to the next only if it counted: always in this order, so none wait in a ring.
 */
export const RESERVE = statement<ReserveParams, CountedRow>(
  'reserve',
  `with clock as (
     select to_timestamp($1::float8 / 1000) as now
   ), stops as materialized (
     select a.side, a.stopped_until from auth.attempts a, clock
     where a.key in ($2, $3, $4) and a.stopped_until > clock.now order by a.stopped_until desc limit 1
   ), pair as (
     insert into auth.attempts as a (key, side, factor, subject, user_id, network, failures, last_at, forget_at)
     select $2, 'person_network', $5, $7::bytea, $8::uuid, $10::cidr, 1, now, ${forgetAt('person_network', 'now')}
     from clock where not exists (select from stops)
     on conflict (key) do update set ${counted('person_network', '1')}
     where ${isOpen()} returning failures
   ), network as (
     insert into auth.attempts as a (key, side, factor, network, failures, last_at, forget_at)
     select $3, 'network', $6, $9::cidr, case when pair.failures % ${FAILURES_A_PERSON} = 1 then 1 else 0 end, now,
       ${forgetAt('network', 'now')}
     from clock, pair
     on conflict (key) do update set ${counted('network', 'excluded.failures')}
     where ${isOpen()} returning failures
   ), person as (
     insert into auth.attempts as a (key, side, factor, subject, user_id, failures, last_at, forget_at)
     select $4, 'person', $6, $7::bytea, $8::uuid, 1, now, ${forgetAt('person', 'now')}
     from clock, network
     on conflict (key) do update set ${counted('person', '1')}
     where ${isOpen()} returning failures
   )
   select (select failures from pair) as failures, (select failures from network) as network_failures,
     (select failures from person) as person_failures, (select side from stops) as stopped_side,
     (select ${waitMs()} from stops, clock) as wait_ms`,
)

export const RESERVE_ON_DEVICE = statement<
  [nowMs: number, key: Buffer, factor: string, subject: Buffer, userId: string | null, network: string | null],
  Pick<CountedRow, 'failures' | 'stopped_side' | 'wait_ms'>
>(
  'reserve_on_device',
  `with clock as (
     select to_timestamp($1::float8 / 1000) as now
   ), stops as materialized (
     select a.side, a.stopped_until from auth.attempts a, clock where a.key = $2 and a.stopped_until > clock.now
   ), device as (
     insert into auth.attempts as a (key, side, factor, subject, user_id, network, failures, last_at, forget_at)
     select $2, 'device', $3, $4::bytea, $5::uuid, $6::cidr, 1, now, ${forgetAt('device', 'now')}
     from clock where not exists (select from stops)
     on conflict (key) do update set ${counted('device', '1')}
     where ${isOpen()} returning failures
   )
   select (select failures from device) as failures, (select side from stops) as stopped_side,
     (select ${waitMs()} from stops, clock) as wait_ms`,
)

/** In the order in which they are counted, too. */
export const FORGIVE = statement<[pairKey: Buffer, networkKey: Buffer, personKey: Buffer], { forgiven: number }>(
  'forgive',
  `with pair as (
     delete from auth.attempts where key = $1 returning failures
   ), network as (
     update auth.attempts set ${lessBy(
       'network',
       `(select (failures + ${FAILURES_A_PERSON - 1}) / ${FAILURES_A_PERSON} from pair)`,
     )}
     where key = $2 and exists (select from pair) returning 1
   ), person as (
     delete from auth.attempts where key = $3 and (select count(*) from network) >= 0 returning 1
   )
   select count(*)::int as forgiven from person`,
)

export const TAKE_BACK = statement<[pairKey: Buffer, networkKey: Buffer, personKey: Buffer], { taken: number }>(
  'take_back',
  `with pair as (
     update auth.attempts set ${lessBy('person_network', '1')} where key = $1 returning failures
   ), network as (
     update auth.attempts set ${lessBy(
       'network',
       `(select case when failures % ${FAILURES_A_PERSON} = 0 then 1 else 0 end from pair)`,
     )}
     where key = $2 and exists (select from pair) returning 1
   ), person as (
     update auth.attempts set ${lessBy('person', '1')}
     where key = $3 and (select count(*) from network) >= 0 returning 1
   )
   select count(*)::int as taken from person`,
)

/** A success on a known device ends the person's failures in a row too. */
export const FORGIVE_ON_DEVICE = statement<[deviceKey: Buffer, personKey: Buffer]>(
  'forgive_on_device',
  `delete from auth.attempts where key in ($1, $2)`,
)

export const TAKE_BACK_ON_DEVICE = statement<[key: Buffer]>(
  'take_back_on_device',
  `update auth.attempts set ${lessBy('device', '1')} where key = $1`,
)

export type FilterParams = [
  userId: string | null,
  subjects: readonly Buffer[] | null,
  network: string | null,
  factors: readonly string[] | null,
  except: readonly string[],
]

const FITS = `($2::bytea[] is null or user_id = $1::uuid or subject = any ($2::bytea[]))
  and ($3::cidr is null or network && $3::cidr) and ($4::text[] is null or factor = any ($4::text[]))
  and (user_id is null or user_id <> all ($5::uuid[]))`

export const LIST_ATTEMPTS = statement<[...FilterParams, limit: number, nowMs: number], ListedRow>(
  'list_attempts',
  `select side, factor, user_id, network::text, failures, last_at, stopped_until = 'infinity' is true as is_stopped_for_ever,
     case when stopped_until > to_timestamp($7::float8 / 1000) and stopped_until < 'infinity' then stopped_until end
       as stopped_until
   from auth.attempts where ${FITS} and failures > 0
     and (forget_at is null or forget_at > to_timestamp($7::float8 / 1000))
   order by last_at desc limit $6`,
)

export const CLEAR_ATTEMPTS = statement<FilterParams, { key: Buffer }>(
  'clear_attempts',
  `delete from auth.attempts where ${FITS} returning key`,
)

/** Counts that nobody added to for long enough. */
export const PRUNE_ATTEMPTS = pruneStatement('prune_attempts', 'auth.attempts', 'forget_at')

/** A stop is over with the failure that brought it. */
function lessBy(side: SideName, count: string): string {
  const left = `greatest(0, failures - ${count})`
  return `failures = ${left}, stopped_until = case when ${left} >= ${RULES[side].stopsAfter} then stopped_until end`
}

function isOpen(): string {
  return `a.stopped_until is null or a.stopped_until <= excluded.last_at`
}

function waitMs(): string {
  return `case when stopped_until = 'infinity' then -1 else extract(epoch from stopped_until - now)::float8 * 1000 end`
}

/** What an update of an existing count sets; `more` is what is added to it. */
function counted(side: SideName, more: string): string {
  const rule = RULES[side]
  const count = `(case when a.forget_at <= excluded.last_at then 0 else a.failures end + ${more})`
  const stop = `case when ${more} > 0 and ${count} >= ${rule.stopsAfter} then ${stopUntil(rule, count)} end`
  const later =
    side === 'network' ? `greatest(a.forget_at, ${stop} + ${interval(rule.forgetMs)})` : 'excluded.forget_at'
  const forget = `case when a.forget_at <= excluded.last_at then excluded.forget_at else ${later} end`
  return `failures = ${count}, last_at = excluded.last_at, stopped_until = ${stop}, user_id = excluded.user_id,
    forget_at = ${side === 'network' ? forget : afterStop(stop, rule)}`
}

function afterStop(stop: string, rule: SideRule): string {
  if (rule.firstStopMs === Infinity) return 'excluded.forget_at'
  return `excluded.forget_at + coalesce(${stop} - excluded.last_at, interval '0')`
}

function stopUntil({ stopsAfter, firstStopMs, longestStopMs }: SideRule, count: string): string {
  if (firstStopMs === Infinity) return `'infinity'::timestamptz`
  const ms = `least(${longestStopMs}, ${firstStopMs} * power(2, least(30, ${count} - ${stopsAfter})))`
  return `excluded.last_at + ${ms} * interval '1 millisecond'`
}

/** A person's failures are forgotten by time only where nobody has the name: for all others they end by a success. */
function forgetAt(side: SideName, now: string): string {
  const at = `${now} + ${interval(RULES[side].forgetMs)}`
  return side === 'person' ? `case when $8::uuid is null then ${at} end` : at
}

function interval(ms: number): string {
  return `interval '${ms} milliseconds'`
}
