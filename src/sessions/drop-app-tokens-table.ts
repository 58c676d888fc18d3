import { statement } from '../store/statement.ts'

export const DELETE_APP_TOKENS = statement<[sessionId: string]>(
  'delete_app_tokens',
  `delete from auth.session_tokens where session_id = $1 and host is not null`,
)
