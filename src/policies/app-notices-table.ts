import { statement } from '../store/statement.ts'

export interface NoticeRow {
  app: string
  text: string
  starts_at: Date
  ends_at: Date | null
  set_by: string
  set_at: Date
}

const COLUMNS = 'app, text, starts_at, ends_at, set_by, set_at'

export const LIST_NOTICES = statement<[], NoticeRow>(
  'list_notices',
  `select ${COLUMNS} from auth.app_notices order by app`,
)

export const LIST_CURRENT_NOTICES = statement<[], { app: string; text: string; ends_at: Date | null }>(
  'list_current_notices',
  `select app, text, ends_at from auth.app_notices
   where starts_at <= now() and (ends_at is null or now() < ends_at)`,
)

export const FIND_NOTICE = statement<[app: string], NoticeRow>(
  'find_notice',
  `select ${COLUMNS} from auth.app_notices where app = $1`,
)

/** Held until the transaction ends, also where there is none yet. */
export const LOCK_NOTICE = statement<[app: string], object>(
  'lock_notice',
  `select pg_advisory_xact_lock(7461013, hashtext($1))`,
)

/** In the place of the one before. A start of null is now. */
export const PUT_NOTICE = statement<
  [app: string, text: string, startsAt: string | null, endsAt: string | null, setBy: string],
  NoticeRow
>(
  'put_notice',
  `insert into auth.app_notices (app, text, starts_at, ends_at, set_by)
   values ($1, $2, coalesce($3::timestamptz, now()), $4, $5)
   on conflict (app) do update
   set text = excluded.text, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       set_by = excluded.set_by, set_at = now()
   returning ${COLUMNS}`,
)

export const DELETE_NOTICE = statement<[app: string], { app: string }>(
  'delete_notice',
  `delete from auth.app_notices where app = $1 returning app`,
)
