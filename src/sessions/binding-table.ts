import { statement } from '../store/statement.ts'
import { MAX_SHOWN } from './trail.ts'

/** What a sign-in began with, and what it has shown besides. */
export interface ShownRow {
  ip_address: string | null
  user_agent: string
  shown_networks: string[]
  shown_devices: string[]
  shown_moves: string[]
}

export interface MovedRow {
  user_id: string
  login: string
  ip_address: string | null
  user_agent: string
  lasted_seconds: number
}

/** Columns of a row of `auth.sessions` or of the view over it. */
export function shownColumns(of: string): string {
  return `host(${of}.ip_address) as ip_address, ${of}.user_agent, ${of}.shown_networks, ${of}.shown_devices, ${of}.shown_moves`
}

export const FIND_SHOWN = statement<[id: string], ShownRow>(
  'find_shown',
  `select ${shownColumns('v')} from auth.valid_sessions v where v.id = $1`,
)

/**
 * Adds to what sign-ins have shown; each keeps the latest. A row that somebody else is writing is passed over and named,
 * as where last use is written.
 */
export const LEARN_SHOWN = statement<[learnt: string], { id: string }>(
  'learn_shown',
  `with valid as materialized (
     select v.id, v.user_id, array(select jsonb_array_elements_text(given.networks)) as networks,
       array(select jsonb_array_elements_text(given.devices)) as devices
     from jsonb_to_recordset($1::jsonb) as given (id uuid, networks jsonb, devices jsonb)
     join auth.valid_sessions v on v.id = given.id
   ), seen as (
     select valid.* from valid join auth.sessions s on s.id = valid.id for no key update of s skip locked
   ), written as (
     update auth.sessions s
     set shown_networks = ${latest('s.shown_networks', 'seen.networks')},
       shown_devices = ${latest('s.shown_devices', 'seen.devices')}
     from seen where s.id = seen.id
     returning s.id
   ), sighted as (
     insert into auth.network_sightings (user_id, network)
     select distinct seen.user_id, network from seen, unnest(seen.networks) as network order by 1, 2
     on conflict (user_id, network) do update set seen_at = now()
   )
   select id from valid where not exists (select from written where written.id = valid.id)`,
)

type MoveParams = [id: string, network: string, device: string, atMs: number, isTried: boolean]

/** Whoever guesses a known device at last has its network learnt by that, which must not undo the move. */
const IS_MOVE = `($5::boolean or $2 <> all (s.shown_networks) and $3 <> all (s.shown_devices))`
const MOVED = `v.user_id, v.login, host(v.ip_address) as ip_address, v.user_agent,
  extract(epoch from now() - v.created_at)::float8 as lasted_seconds`

/** No row where it has been told, is none any more, or where too many have been told of this sign-in. */
export const MARK_MOVED = statement<MoveParams, MovedRow>(
  'mark_moved',
  `update auth.sessions s
   set shown_moves = s.shown_moves || ($2 || ' ' || $3), moved_at = to_timestamp($4::float8 / 1000)
   from auth.valid_sessions v
   where v.id = $1 and s.id = v.id and ${IS_MOVE}
     and ($2 || ' ' || $3) <> all (s.shown_moves) and cardinality(s.shown_moves) < ${MAX_SHOWN}
   returning ${MOVED}`,
)

/** No row where it has ended, or is no move any more. */
export const END_MOVED = statement<MoveParams, MovedRow>(
  'end_moved',
  `update auth.sessions s
   set ended_at = now(), end_reason = 'session_moved', moved_at = to_timestamp($4::float8 / 1000)
   from auth.valid_sessions v
   where v.id = $1 and s.id = v.id and s.ended_at is null and ${IS_MOVE}
   returning ${MOVED}`,
)

/** What a sign-in began with stands in columns of its own and stays. */
function latest(known: string, added: string): string {
  const all = `(${known} || array(select item from unnest(${added}) as item where item <> all (${known})))`
  return `${all}[greatest(1, cardinality(${all}) - ${MAX_SHOWN - 2}):]`
}
