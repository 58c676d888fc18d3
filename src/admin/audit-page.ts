import { FORMATS } from '../audit/format.ts'
import type { ChainStateRow } from '../audit/record-page-table.ts'
import { writeCursor } from '../audit/search.ts'
import type { EventRow } from '../audit/search-table.ts'
import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { EVENT_NAMES, QUESTION_FIELDS } from './audit-question.ts'
import type { Asked, QuestionField } from './audit-question.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, emptyState, exactMoment, fact, moment, pager } from './parts.ts'
import { eventWordName } from './reason-names.ts'
import { selectControl, textControl } from './user-fields.ts'

export interface AuditPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly asked: Asked
  /** What of the question can't be read, in English; null where all can. */
  readonly fault: string | null
  readonly events: readonly EventRow[]
  readonly chain: ChainStateRow
  /** Rows that wait for their seal, as counted last; null where nobody has counted. */
  readonly unsealed: number | null
  readonly csrf: Html
  readonly after: string | null
  readonly isFirst: boolean
}

/** Who did what: a search of the audit log, the state of its seal, and its export. */
export function auditPage(model: AuditPage): string {
  const { frame, console, asked, fault, after, isFirst } = model
  const { words } = frame
  const path = `${console.base}/audit`
  const problem = fault === null ? null : words.say('audit.bad_question', { detail: fault })
  const body = html`<p>${words.say('audit.intro')}</p>
    ${searchForm(words, path, asked)}
    ${dataTable({
      caption: words.say('audit.caption'),
      columns: ['time', 'what', 'actor', 'about', 'result', 'address'].map((name) =>
        words.say(`audit.${name as 'time'}`),
      ),
      empty: emptyState({ title: words.say('audit.none'), text: words.say('audit.none_text') }),
      rows: model.events.map((event) => [
        html`<a href="${`${path}/events/${writeCursor(event)}`}">${momentOf(words, event)}</a>`,
        eventText(words, event.event_type),
        actorText(words, event),
        event.resource ?? '–',
        resultBadge(words, event.result),
        event.ip_address ?? '–',
      ]),
    })}
    ${pager(words, { path, query: asked, after, isFirst })} ${exportForm(model, path)} ${chainFacts(model)}`
  return consolePage({ frame, console, title: words.say('console.audit'), problem, body })
}

/** What an event is, in words; its name where this version has none. */
export function eventText(words: Words, type: string): string {
  const name = eventWordName(type)
  return name === null ? words.say('event.unknown', { type }) : words.say(name)
}

/** Who did it: somebody, an operator at a shell, or nobody who is known. */
export function actorText(words: Words, { actor_login: login, details }: EventRow): string {
  if (login !== null) return login
  const { operator } = JSON.parse(details) as Readonly<Record<string, unknown>>
  return typeof operator === 'string' ? words.say('audit.operator', { name: operator }) : '–'
}

export function resultBadge(words: Words, result: string): Html {
  return result === 'success' ? badge('ok', words.say('audit.success')) : badge('bad', words.say('audit.failure'))
}

/** To the second, with all that is known of it for programs. */
export function momentOf(words: Words, { occurred_at: at }: Pick<EventRow, 'occurred_at'>): Html {
  return exactMoment(words, new Date(at))
}

const HINTS: Partial<Record<QuestionField, 'actor_hint' | 'about_hint' | 'address_hint' | 'time_hint'>> = {
  actor: 'actor_hint',
  resource: 'about_hint',
  address: 'address_hint',
  since: 'time_hint',
  until: 'time_hint',
}

function searchForm(words: Words, path: string, asked: Asked): Html {
  const label = (name: QuestionField): string => words.say(`audit.${name === 'resource' ? 'about' : name}`)
  const control = (name: QuestionField): Html => {
    const hint = HINTS[name]
    const about = { name, label: label(name), value: asked[name] }
    if (name === 'result' || name === 'type') return selectControl(words, { ...about, options: optionsOf(words, name) })
    return textControl(words, { ...about, ...(hint !== undefined && { hint: words.say(`audit.${hint}`) }) })
  }
  return html`<form class="filter" method="get" action="${path}">
    ${QUESTION_FIELDS.map(control)}
    <button type="submit">${words.say('audit.search')}</button>
  </form>`
}

function optionsOf(
  words: Words,
  name: 'result' | 'type',
): readonly { readonly value: string; readonly text: string }[] {
  const any = { value: '', text: words.say('audit.any') }
  if (name === 'type') return [any, ...EVENT_NAMES.map((value) => ({ value, text: value }))]
  return [any, ...(['success', 'failure'] as const).map((value) => ({ value, text: words.say(`audit.${value}`) }))]
}

function exportForm({ frame: { words }, asked, csrf }: AuditPage, path: string): Html {
  return html`<section aria-labelledby="export">
    <h2 id="export">${words.say('audit.export')}</h2>
    <p>${words.say('audit.export_hint')}</p>
    <form class="filter" method="post" action="${`${path}/export`}">
      ${csrf} ${QUESTION_FIELDS.map((name) => hiddenField(name, asked[name]))}
      ${selectControl(words, {
        name: 'format',
        label: words.say('audit.format'),
        options: FORMATS.map((value) => ({ value, text: value })),
      })}
      <button type="submit" class="button second">${words.say('audit.download')}</button>
    </form>
  </section>`
}

function chainFacts({ frame: { words }, chain, unsealed }: AuditPage): Html {
  const { number, sealed_at: at, head_day: day, head_number: head } = chain
  const never = words.say('audit.never')
  const batch =
    number === null || at === null
      ? never
      : words.parts<'audit.batch_said', Value>('audit.batch_said', { number, time: moment(words, new Date(at)) })
  const verify = words.parts<'audit.verify_said', Value>('audit.verify_said', {
    command: html`<code>postern audit verify</code>`,
  })
  return html`<section aria-labelledby="chain">
    <h2 id="chain">${words.say('audit.chain')}</h2>
    <dl class="facts">
      ${fact(words.say('audit.batch'), batch)}
      ${fact(words.say('audit.unsealed'), unsealed === null ? words.say('audit.unknown') : words.number(unsealed))}
      ${fact(words.say('audit.head'), day === null ? never : words.say('audit.head_said', { day, number: head ?? '' }))}
      ${fact(words.say('audit.verify'), verify)}
    </dl>
  </section>`
}
