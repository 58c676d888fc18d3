import { statement } from '../store/statement.ts'

/** How old the keys are that things are made with, in seconds. */
export const READ_KEY_AGES = statement<[], { purpose: string; age_seconds: number }>(
  'read_key_ages',
  `select purpose, extract(epoch from now() - created_at)::float8 as age_seconds
   from auth.keys where retired_at is null`,
)

/** All of them, those too that nothing new is made with; never what they are. */
export const LIST_KEYS = statement<
  [],
  { id: number; purpose: string; created_at: Date; retired_at: Date | null; age_seconds: number }
>(
  'list_keys',
  `select id, purpose, created_at, retired_at, extract(epoch from now() - created_at)::float8 as age_seconds
   from auth.keys order by purpose, id`,
)

export interface KeyStateRow {
  id: number
  purpose: string
  created_at: Date
  age_days: number
  /** Whether things are made with it; else it only checks what was. */
  minting: boolean
}

/** All keys, without what they are. */
export const LIST_KEY_STATES = statement<[], KeyStateRow>(
  'list_key_states',
  `select id, purpose, created_at, floor(extract(epoch from now() - created_at) / 86400)::int as age_days,
     retired_at is null as minting
   from auth.keys order by purpose, id`,
)
