import { clearNotice, listNotices, setNotice } from '../administration/notices.ts'
import { OperatorError } from '../errors.ts'
import type { AppNotice } from '../policies/app-notices.ts'
import { done, optionalText, orSay, table, textOf } from './command.ts'
import type { Arguments, Command } from './command.ts'
import { momentOf } from './grant.ts'

export const setAppNotice: Command = async (context, given) => {
  const app = textOf(given, 'app')
  const [from, until] = [timeOf(given, 'from'), timeOf(given, 'until')]
  const times = { ...(from !== null && { from }), ...(until !== null && { until }) }
  const setting = setNotice(context, null, { app, text: textOf(given, 'text'), ...times })
  const notice = await orSay(`The policy has no app ${app}.`, setting)
  return done(`People read this beside ${app} ${spanOf(notice)}.`, describe(notice))
}

export const clearAppNotice: Command = async (context, given) => {
  const app = textOf(given, 'app')
  await orSay(`There is no notice of ${app}. List them: postern notice list`, clearNotice(context, null, { app }))
  return done(`Nothing stands beside ${app} any more.`, { app, cleared: true })
}

export const listAppNotices: Command = async (context) => {
  const notices = await listNotices(context)
  const text = table(
    ['APP', 'FROM', 'UNTIL', 'BY', 'TEXT'],
    notices.map((notice) => [
      notice.app,
      notice.startsAt.toISOString(),
      notice.endsAt?.toISOString() ?? 'cleared',
      notice.setBy,
      notice.text.replaceAll('\n', ' '),
    ]),
  )
  return done(notices.length === 0 ? 'No app has a notice.' : text, notices.map(describe))
}

function timeOf(given: Arguments, name: string): Date | null {
  const written = optionalText(given, name)
  if (written === undefined) return null
  const moment = momentOf(written, Date.now())
  if (moment !== null) return moment
  throw new OperatorError(
    `--${name} is a length of time from now such as 2h, or a time such as 2026-01-31T12:00:00Z.`,
    2,
  )
}

function spanOf({ startsAt, endsAt }: AppNotice): string {
  const from = startsAt.getTime() > Date.now() ? `from ${startsAt.toISOString()} ` : ''
  return endsAt === null ? `${from}until it is cleared` : `${from}until ${endsAt.toISOString()}`
}

function describe({ app, text, startsAt, endsAt, setBy, setAt }: AppNotice): Readonly<Record<string, unknown>> {
  const times = { starts_at: startsAt.toISOString(), ends_at: endsAt?.toISOString() ?? null }
  return { app, text, ...times, set_by: setBy, set_at: setAt.toISOString() }
}
