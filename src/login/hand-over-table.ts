import { statement } from '../store/statement.ts'

/** So many codes of one sign-in, the newest, may wait at once: one for each tab that comes back from the portal. */
const MAX_CODES = 16

/**
 * Removes the codes of a sign-in that are more than may wait beside one that is made next, used or not. Those that
 * another hand-over is at are left to it: nobody waits, so no two can wait for each other.
 */
export const DELETE_OLDER_CODES = statement<[signInId: string]>(
  'delete_older_codes',
  `with older as (
     select token_hash from auth.one_time_tokens
     where purpose = 'hand_over' and details ->> 'signInId' = $1
     order by created_at desc offset ${MAX_CODES - 1}
   ), surplus as (
     select t.token_hash from auth.one_time_tokens t where t.token_hash in (select token_hash from older)
     for update skip locked
   )
   delete from auth.one_time_tokens where token_hash in (select token_hash from surplus)`,
)
