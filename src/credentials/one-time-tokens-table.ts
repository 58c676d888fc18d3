import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

export const INSERT_ONE_TIME_TOKEN = statement<[hash: Buffer, purpose: string, details: string, lifeMs: number]>(
  'insert_one_time_token',
  `insert into auth.one_time_tokens (token_hash, purpose, details, expires_at)
   values ($1, $2, $3::jsonb, now() + $4 * interval '1 millisecond')`,
)

/** No row when it was used, has expired or is for something else; of any number at once exactly one gets the row. */
export const CONSUME_ONE_TIME_TOKEN = statement<[hash: Buffer, purpose: string], { details: unknown }>(
  'consume_one_time_token',
  `update auth.one_time_tokens set used_at = now()
   where token_hash = $1 and purpose = $2 and used_at is null and now() < expires_at
   returning details`,
)

export const FIND_ONE_TIME_TOKEN = statement<[hash: Buffer, purpose: string], { details: unknown }>(
  'find_one_time_token',
  `select details from auth.one_time_tokens
   where token_hash = $1 and purpose = $2 and used_at is null and now() < expires_at`,
)

export const DELETE_ONE_TIME_TOKENS = statement<[purpose: string]>(
  'delete_one_time_tokens',
  `delete from auth.one_time_tokens where purpose = $1`,
)

/** Those that were used or expired. */
export const PRUNE_ONE_TIME_TOKENS = pruneStatement(
  'prune_one_time_tokens',
  'auth.one_time_tokens',
  'coalesce(used_at, expires_at)',
)
