import { pruneStatement } from '../store/prune-table.ts'
import { statement } from '../store/statement.ts'

/** To the stored address of a user; nobody is told who doesn't exist. */
export const QUEUE_FOR_USER = statement<[userId: string, kind: string, details: string]>(
  'queue_for_user',
  `insert into auth.mail_outbox (user_id, recipient, kind, details)
   select id, email, $2::text, $3::jsonb from auth.users where id = $1`,
)

/** To everybody who holds a role and may sign in. */
export const QUEUE_FOR_HOLDERS = statement<[role: string, kind: string, details: string]>(
  'queue_for_holders',
  `insert into auth.mail_outbox (user_id, recipient, kind, details)
   select u.id, u.email, $2::text, $3::jsonb
   from auth.users u
   where u.disabled_at is null and u.id in (select r.user_id from auth.held_roles r where r.role_name = $1)`,
)

/** To an address that isn't the stored one, or no longer. */
export const QUEUE_FOR_ADDRESS = statement<[userId: string | null, recipient: string, kind: string, details: string]>(
  'queue_for_address',
  `insert into auth.mail_outbox (user_id, recipient, kind, details) values ($1, $2, $3, $4::jsonb)`,
)

/**
 * For whoever has this login or address and may sign in, but no break-glass account, which is let in by its paper alone;
 * a row without recipient for all others, so that it costs as much. Tells whom it is for.
 */
export const QUEUE_RESET = statement<
  [loginOrEmail: string, details: string],
  { user_id: string | null; login: string | null }
>(
  'queue_reset',
  `with person as (
     select id, login, email from auth.users
     where (login = $1 or email = $1) and disabled_at is null and not break_glass
   ), queued as (
     insert into auth.mail_outbox (user_id, recipient, kind, details)
     select p.id, p.email, 'reset', $2::jsonb from (select 1) one left join person p on true returning user_id
   )
   select q.user_id, p.login from queued q left join person p on p.id = q.user_id`,
)

/** Those that need not be sent any more. */
export const UNQUEUE = statement<[userId: string, kind: string]>(
  'unqueue',
  `delete from auth.mail_outbox where user_id = $1 and kind = $2 and sent_at is null`,
)

export interface WaitingRow {
  id: string
  user_id: string | null
  /** Of whom it is about, where that is a user. */
  login: string | null
  /** That the reader chose, where that is a user who chose one. */
  language: string | null
  recipient: string | null
  kind: string
  details: Record<string, unknown>
  created_at: Date
  attempts: number
  is_overdue: boolean
  last_error: string | null
}

/** Takes the next mail that is due for as long as the lease; of all processes one gets it. */
export const CLAIM_MAIL = statement<[leaseMs: number, keptMs: number], WaitingRow>(
  'claim_mail',
  `with claimed as (
     update auth.mail_outbox
     set attempts = attempts + 1, next_attempt_at = now() + $1 * interval '1 millisecond'
     where id = (
       select id from auth.mail_outbox where sent_at is null and next_attempt_at <= now()
       order by next_attempt_at limit 1 for update skip locked
     ) returning *
   )
   select c.id, c.user_id, u.login, u.language, c.recipient, c.kind, c.details, c.created_at, c.attempts, c.last_error,
     c.created_at < now() - $2 * interval '1 millisecond' as is_overdue
   from claimed c left join auth.users u on u.id = c.user_id`,
)

export const MARK_SENT = statement<[id: string]>(
  'mark_sent',
  `update auth.mail_outbox set sent_at = now(), last_error = null where id = $1`,
)

export const POSTPONE_MAIL = statement<[id: string, waitMs: number, error: string]>(
  'postpone_mail',
  `update auth.mail_outbox set next_attempt_at = now() + $2 * interval '1 millisecond', last_error = $3 where id = $1`,
)

export const DROP_MAIL = statement<[id: string]>('drop_mail', `delete from auth.mail_outbox where id = $1`)

export const COUNT_WAITING = statement<[], { waiting: number }>(
  'count_waiting',
  `select count(*)::int as waiting from auth.mail_outbox where sent_at is null and recipient is not null`,
)

/** How many mails of a kind a user was sent within the last hour. */
export const COUNT_SENT_LATELY = statement<[userId: string, kind: string], { sent: number }>(
  'count_sent_lately',
  `select count(*)::int as sent from auth.mail_outbox
   where user_id = $1 and kind = $2 and created_at > now() - interval '1 hour' and sent_at is not null`,
)

export const PRUNE_MAILS = pruneStatement('prune_mails', 'auth.mail_outbox', 'created_at')
