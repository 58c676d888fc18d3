import { statement } from '../store/statement.ts'

export const DELETE_RECOVERY_CODES = statement<[userId: string], { code_hash: Buffer }>(
  'delete_recovery_codes',
  `delete from auth.recovery_codes where user_id = $1 returning code_hash`,
)

export const INSERT_RECOVERY_CODES = statement<[userId: string, hashes: readonly Buffer[]]>(
  'insert_recovery_codes',
  `insert into auth.recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])`,
)

/** A row for a code that was there: of any number of uses at once exactly one gets it. */
export const USE_RECOVERY_CODE = statement<[userId: string, hashes: readonly Buffer[]], { code_hash: Buffer }>(
  'use_recovery_code',
  `delete from auth.recovery_codes where user_id = $1 and code_hash = any ($2::bytea[]) returning code_hash`,
)
