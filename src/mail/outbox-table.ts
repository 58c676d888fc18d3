import { statement } from '../store/statement.ts'

/** To the stored address of a user; nobody is told who doesn't exist. */
export const QUEUE_FOR_USER = statement<[userId: string, kind: string, details: string]>(
  `insert into auth.mail_outbox (user_id, recipient, kind, details)
   select id, email, $2::text, $3::jsonb from auth.users where id = $1`,
)

/** To everybody who holds a role and may sign in. */
export const QUEUE_FOR_HOLDERS = statement<[role: string, kind: string, details: string]>(
  `insert into auth.mail_outbox (user_id, recipient, kind, details)
   select u.id, u.email, $2::text, $3::jsonb
   from auth.user_roles r join auth.users u on u.id = r.user_id
   where r.role_name = $1 and u.disabled_at is null`,
)
