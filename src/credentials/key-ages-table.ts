import { statement } from '../store/statement.ts'

/** How old the keys are that things are made with, in seconds. */
export const READ_KEY_AGES = statement<[], { purpose: string; age_seconds: number }>(
  'read_key_ages',
  `select purpose, extract(epoch from now() - created_at)::float8 as age_seconds
   from auth.keys where retired_at is null`,
)

export interface KeyStateRow {
  id: number
  purpose: string
  /** As `KeyState` of administration; never what it is. */
  state: 'coming' | 'minting' | 'verifying' | 'ended'
  /** Null for one that has ended. */
  wrapped_key: Buffer | null
  created_at: Date
  /** When one that is coming takes over, one that checks was retired, or one ended. */
  since: Date | null
  age_seconds: number
  /** One that should have taken over by now: no server has done it. */
  overdue: boolean
}

/** All keys, and the last of those that have ended. */
export const LIST_KEY_STATES = statement<[], KeyStateRow>(
  'list_key_states',
  `select id, purpose, case when retired_at is null then 'minting' when mints_after is not null then 'coming'
       else 'verifying' end as state,
     wrapped_key, created_at, coalesce(mints_after, retired_at) as since,
     extract(epoch from now() - created_at)::float8 as age_seconds,
     coalesce(mints_after < now() - interval '1 minute', false) as overdue
   from auth.keys
   union all
   (select id, purpose, 'ended', null, created_at, ended_at, extract(epoch from now() - created_at)::float8, false
    from auth.ended_keys order by ended_at desc limit 20)
   order by purpose, id`,
)
