import { createHash } from 'node:crypto'
import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import * as notices from '../policies/app-notices.ts'
import type { AppNotice } from '../policies/app-notices.ts'
import { UserFieldsError } from '../users/users.ts'
import { actorOf } from './authority.ts'
import { authorOf } from './grants.ts'
import type { AdministrationParts, Doer, Expect } from './parts.ts'

/** What people are to read beside an app. */
export interface WrittenNotice {
  /** Name in the policy. */
  readonly app: string
  readonly text: string
  /** Now unless given. */
  readonly from?: Date
  /** Until it is cleared unless given. */
  readonly until?: Date
  readonly expect?: Expect
}

type NoticeParts = Pick<AdministrationParts, 'database' | 'policies'>

/** All that are set, also those that begin later or are over, by app. */
export function listNotices({ database }: Pick<NoticeParts, 'database'>): Promise<AppNotice[]> {
  return notices.listNotices(database)
}

/** Another one after each change; that of no notice is `none`. For `Expect`. */
export function noticeVersion(notice: AppNotice | null): string {
  if (notice === null) return 'none'
  return createHash('sha256').update(JSON.stringify(notice)).digest('base64url').slice(0, 16)
}

/** Sets an app's notice, in the place of the one before. @throws UserFieldsError; PosternError `nothing_there` */
export async function setNotice(parts: NoticeParts, by: Doer, written: WrittenNotice): Promise<AppNotice> {
  const { app, from = null, until = null, expect } = written
  const text = written.text.trim()
  refuseUnknownApp(parts, app)
  const faults = noticeFaults({ text, from, until })
  if (Object.keys(faults).length > 0) throw new UserFieldsError(faults)
  return parts.database.transaction(async (tx) => {
    expect?.(noticeVersion(await notices.holdNotice(tx, app)))
    const set = await notices.putNotice(tx, { app, text, startsAt: from, endsAt: until, setBy: authorOf(by) })
    const about = { resource: `app:${app}`, details: { until: until?.toISOString() ?? null } }
    await recordEvent(tx, { type: 'notice_set', result: 'success', actor: actorOf(by), ...about })
    return set
  })
}

/** Takes an app's notice away, also that of an app which is no more. @throws PosternError `nothing_there` */
export function clearNotice(
  { database }: Pick<NoticeParts, 'database'>,
  by: Doer,
  { app, expect }: Pick<WrittenNotice, 'app' | 'expect'>,
): Promise<void> {
  return database.transaction(async (tx) => {
    expect?.(noticeVersion(await notices.holdNotice(tx, app)))
    if (!(await notices.dropNotice(tx, app))) throw new PosternError('nothing_there', `no notice of ${app}`)
    await recordEvent(tx, { type: 'notice_cleared', result: 'success', actor: actorOf(by), resource: `app:${app}` })
  })
}

function refuseUnknownApp({ policies }: Pick<NoticeParts, 'policies'>, app: string): void {
  if (!policies.current().apps.has(app)) throw new PosternError('nothing_there', `the policy has no app ${app}`)
}

function noticeFaults({
  text,
  from,
  until,
}: {
  readonly text: string
  readonly from: Date | null
  readonly until: Date | null
}): Readonly<Record<string, string>> {
  const begins = Math.max(from?.getTime() ?? 0, Date.now())
  return {
    ...(!notices.isNoticeText(text) && { text: `Write 1 to ${notices.MAX_NOTICE_CHARACTERS} characters.` }),
    ...(until !== null &&
      until.getTime() <= begins && { until: 'Choose a time that is still to come, after the start.' }),
  }
}
