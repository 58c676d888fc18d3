import { statement } from '../store/statement.ts'

/** How old the keys are that things are made with, in seconds. */
export const READ_KEY_AGES = statement<[], { purpose: string; age_seconds: number }>(
  'read_key_ages',
  `select purpose, extract(epoch from now() - created_at)::float8 as age_seconds
   from auth.keys where retired_at is null`,
)
