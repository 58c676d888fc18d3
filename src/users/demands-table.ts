import { statement } from '../store/statement.ts'

export interface StandingRow {
  login: string
  break_glass: boolean
  roles: string[]
}

export interface DemandRow {
  enforced_at: Date
  is_enforced: boolean
}

export const FIND_STANDING = statement<[userId: string], StandingRow>(
  'find_standing',
  `select u.login, u.break_glass,
     array(select distinct r.role_name from auth.held_roles r where r.user_id = u.id order by r.role_name) as roles
   from auth.users u where u.id = $1`,
)

export const FIND_SIGN_IN_FACTS = statement<[userId: string], { session_epoch: number; disabled: boolean }>(
  'find_sign_in_facts',
  `select session_epoch, disabled_at is not null as disabled from auth.users where id = $1`,
)

export const SEAL_BREAK_GLASS = statement<[userId: string]>(
  'seal_break_glass',
  `update auth.users set break_glass = true where id = $1`,
)

/** Writes only the first time, so that later sign-ins don't lock the row for it. */
export const NOTE_DEMAND = statement<[userId: string]>(
  'note_demand',
  `update auth.users set second_factor_asked_at = now() where id = $1 and second_factor_asked_at is null`,
)

export const DROP_DEMAND = statement<[userId: string]>(
  'drop_demand',
  `update auth.users set second_factor_asked_at = null where id = $1 and second_factor_asked_at is not null`,
)

export const FIND_DEMAND = statement<[userId: string, graceDays: number], DemandRow>(
  'find_demand',
  `select second_factor_asked_at + $2::int * interval '1 day' as enforced_at,
     now() >= second_factor_asked_at + $2::int * interval '1 day' as is_enforced
   from auth.users where id = $1 and second_factor_asked_at is not null`,
)
