import { statement } from '../store/statement.ts'

/** Of the epoch just before alone: one that had ended earlier stays so. */
export const KEEP_SIGN_IN = statement<[id: string, sessionEpoch: number]>(
  'keep_sign_in',
  `update auth.sessions set session_epoch = $2 where id = $1 and session_epoch = $2 - 1 and ended_at is null`,
)
