import { statement } from '../store/statement.ts'

/** As strong as the lock of whoever makes a link for that user, so that taking both waits for nobody twice. */
export const HOLD_SESSION_EPOCH = statement<[userId: string, sessionEpoch: number], { id: string }>(
  'hold_session_epoch',
  `select id from auth.users where id = $1 and session_epoch = $2 for update`,
)

export const RAISE_SESSION_EPOCH = statement<[userId: string], { session_epoch: number }>(
  'raise_session_epoch',
  `update auth.users set session_epoch = session_epoch + 1, updated_at = now() where id = $1 returning session_epoch`,
)
