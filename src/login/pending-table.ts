import { statement } from '../store/statement.ts'

/** So many wrong codes a half-done sign-in outlives. */
const MAX_TRIES = 8

/**
 * Counts one more try and holds the row until the transaction ends, so that of any number at once each has its own. No
 * row for one that was used, has expired, or has had its tries.
 */
export const TRY_PENDING = statement<[hash: Buffer], { details: unknown }>(
  'try_pending',
  `update auth.one_time_tokens
   set details = jsonb_set(details, '{tries}', to_jsonb((details ->> 'tries')::int + 1))
   where token_hash = $1 and purpose = 'pending' and used_at is null and now() < expires_at
     and (details ->> 'tries')::int < ${MAX_TRIES}
   returning details`,
)

export const FIND_PENDING = statement<[hash: Buffer], { details: unknown }>(
  'find_pending',
  `select details from auth.one_time_tokens
   where token_hash = $1 and purpose = 'pending' and used_at is null and now() < expires_at
     and (details ->> 'tries')::int < ${MAX_TRIES}`,
)
