import { statement } from '../store/statement.ts'

export const RAISE_SESSION_EPOCH = statement<[userId: string], { session_epoch: number }>(
  `update auth.users set session_epoch = session_epoch + 1, updated_at = now() where id = $1 returning session_epoch`,
)
