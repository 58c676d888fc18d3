import type { FastifyInstance, FastifyReply } from 'fastify'
import { clearNotice, listNotices, setNotice } from '../administration/notices.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import { isNoticeText, MAX_NOTICE_CHARACTERS } from '../policies/app-notices.ts'
import type { AppNotice } from '../policies/app-notices.ts'
import { bodySchema, textField as textOf } from '../web/body.ts'
import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { sendHtml } from '../web/pages.ts'
import type { Words } from '../words/words.ts'
import { choiceField, textField } from './choice-field.ts'
import { consoleBase, openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { consolePage } from './console-page.ts'
import { dataTable, emptyState, moment } from './parts.ts'

export type NoticesParts = ConsoleParts & Pick<AdministrationParts, 'policies'>

interface Written {
  readonly app: string
  readonly text: string
  readonly hours: string
}
type Faults = Readonly<Partial<Record<keyof Written, string>>>

const PURPOSE = 'notices'
const SET_FORM = bodySchema({ csrf: textOf(256), app: textOf(256), text: textOf(2_000), hours: textOf(8) })
const CLEAR_FORM = bodySchema({ csrf: textOf(256), app: textOf(256) })
const SEE = { config: { access: 'postern.policy:read' } } as const
const CHANGE = { config: { access: 'postern.policy:write' } } as const
const MAX_HOURS = 8_760
const HOUR_MS = 3_600_000
const NOTHING: Written = { app: '', text: '', hours: '' }

/** `/admin/notices`: what people read beside an app. */
export function noticesRoutes(app: FastifyInstance, parts: NoticesParts): void {
  const path = `${consoleBase(parts)}/notices`

  app.get('/admin/notices', SEE, (_request, reply) => show(parts, reply, NOTHING, {}))

  app.post('/admin/notices', CHANGE, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: SET_FORM })
    if (form === null) return reply
    const { csrf: _, ...written } = form.fields
    const faults = faultsOf(parts, written, await wordsOf(parts, reply))
    if (Object.keys(faults).length > 0) return show(parts, reply, written, faults)
    const until = written.hours === '' ? {} : { until: new Date(Date.now() + Number(written.hours) * HOUR_MS) }
    await setNotice(parts, form.visitor.principal, { app: written.app, text: written.text, ...until })
    return backTo(reply, path, 'notice_set')
  })

  app.post('/admin/notices/clear', CHANGE, async (_request, reply) => {
    const form = await consoleForm(parts, reply, { purpose: PURPOSE, schema: CLEAR_FORM })
    if (form === null) return reply
    await clearNotice(parts, form.visitor.principal, { app: form.fields.app })
    return backTo(reply, path, 'notice_cleared')
  })
}

async function wordsOf(parts: NoticesParts, { request }: FastifyReply): Promise<Words> {
  return (await openConsole(parts, request)).frame.words
}

function faultsOf({ policies }: NoticesParts, { app, text, hours }: Written, words: Words): Faults {
  const isHours = hours === '' || (/^\d{1,4}$/.test(hours) && Number(hours) >= 1 && Number(hours) <= MAX_HOURS)
  return {
    ...(!policies.current().apps.has(app) && { app: words.say('notices.bad_app') }),
    ...(!isNoticeText(text.trim()) && { text: words.say('notices.bad_text') }),
    ...(!isHours && { hours: words.say('notices.bad_hours') }),
  }
}

async function show(parts: NoticesParts, reply: FastifyReply, written: Written, faults: Faults): Promise<FastifyReply> {
  const { visitor, console, frame } = await openConsole(parts, reply.request)
  const { words } = frame
  const action = `${consoleBase(parts)}/notices`
  const csrf = csrfField(parts, PURPOSE, visitor)
  const { may } = console
  const mayChange = may('postern.policy:write')
  const notices = await listNotices(parts)
  const body = html`<p>${words.say('notices.intro')}</p>
    ${list(words, notices, { action, csrf, mayChange })}
    ${mayChange && form(words, { apps: [...parts.policies.current().apps.keys()], action, csrf, written, faults })}`
  const page = consolePage({ frame, console, title: words.say('console.notices'), body, problem: faults.app ?? null })
  return sendHtml(reply, Object.keys(faults).length > 0 ? 400 : 200, page)
}

interface Own {
  readonly action: string
  readonly csrf: Html
}

function list(words: Words, notices: readonly AppNotice[], own: Own & { readonly mayChange: boolean }): Html {
  const names = ['app', 'text', 'from', 'until', 'by'] as const
  return dataTable({
    caption: words.say('notices.caption'),
    columns: [
      ...names.map((name) => words.say(`notices.${name}`)),
      ...(own.mayChange ? [words.say('notices.clear')] : []),
    ],
    empty: emptyState({ title: words.say('notices.none'), text: words.say('notices.none_text') }),
    rows: notices.map((notice) => [
      notice.app,
      notice.text,
      moment(words, notice.startsAt),
      notice.endsAt === null ? words.say('notices.open_end') : moment(words, notice.endsAt),
      notice.setBy,
      ...(own.mayChange ? [clearForm(words, notice.app, own)] : []),
    ]),
  })
}

function clearForm(words: Words, app: string, { action, csrf }: Own): Html {
  return html`<form method="post" action="${`${action}/clear`}">
    ${csrf} ${hiddenField('app', app)}
    <button class="button second" type="submit" aria-label="${words.say('notices.clear_of', { app })}">
      ${words.say('notices.clear')}
    </button>
  </form>`
}

interface SetForm extends Own {
  readonly apps: readonly string[]
  readonly written: Written
  readonly faults: Faults
}

function form(words: Words, { apps, action, csrf, written, faults }: SetForm): Html {
  const hint = words.say('notices.hours_hint')
  return html`<h2>${words.say('notices.new')}</h2>
    <form method="post" action="${action}">
      ${csrf} ${choiceField({ name: 'app', label: words.say('notices.app'), options: apps, chosen: written.app })}
      ${textField({
        name: 'text',
        label: words.say('notices.text'),
        hint: '',
        value: written.text,
        error: faults.text ?? null,
        maxlength: MAX_NOTICE_CHARACTERS,
        required: true,
      })}
      ${textField({
        name: 'hours',
        label: words.say('notices.hours'),
        hint,
        value: written.hours,
        error: faults.hours ?? null,
        maxlength: 4,
      })}
      <button class="button" type="submit">${words.say('notices.set')}</button>
    </form>`
}
