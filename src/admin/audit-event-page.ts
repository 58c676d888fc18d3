import type { EventRow } from '../audit/search-table.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import { actorText, eventText, momentOf, resultBadge } from './audit-page.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { fact, hrefOf } from './parts.ts'

export interface AuditEventPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly event: EventRow
}

/** All that was written down of one event. */
export function auditEventPage(model: AuditEventPage): string {
  const { frame, console, event } = model
  const { words } = frame
  const crumbs = [{ text: words.say('console.audit'), path: 'audit' }]
  const body = html`<p>${eventText(words, event.event_type)}</p>
    <dl class="facts">${rows(model).map(([term, value]) => fact(term, value))}</dl>
    <h2>${words.say('audit.details')}</h2>
    ${detailsOf(model)}`
  return consolePage({ frame, console, title: words.say('audit.event_title', { number: event.seq }), crumbs, body })
}

function rows({ frame: { words }, console: { base }, event }: AuditEventPage): (readonly [string, Value])[] {
  const { request_id: requestId, session_id: session, risk_score: risk } = event
  const search = `${base}/audit`
  const request =
    requestId !== null &&
    html`<code>${requestId}</code>
      <a href="${hrefOf(search, { request_id: requestId })}">${words.say('audit.same_request')}</a>`
  return [
    [words.say('audit.time'), html`${momentOf(words, event)} <code>${event.occurred_at}</code>`],
    [words.say('audit.type'), html`<a href="${hrefOf(search, { type: event.event_type })}">${event.event_type}</a>`],
    [words.say('audit.action'), event.action ?? '–'],
    [words.say('audit.about'), event.resource ?? '–'],
    [words.say('audit.result'), resultBadge(words, event.result)],
    [
      words.say('audit.actor'),
      html`${actorText(words, event)} ${event.actor_id !== null && html`<code>${event.actor_id}</code>`}`,
    ],
    [words.say('audit.address'), event.ip_address ?? '–'],
    [words.say('audit.user_agent'), event.user_agent === '' ? '–' : event.user_agent],
    [words.say('audit.session'), session === null ? '–' : html`<code>${session}</code>`],
    [words.say('audit.request_id'), request === false ? '–' : request],
    [words.say('audit.risk'), risk === null ? '–' : words.number(risk)],
    [words.say('audit.id'), html`<code>${event.id}</code>`],
  ]
}

function detailsOf({ frame: { words }, event: { details } }: AuditEventPage): Html {
  const entries = Object.entries(JSON.parse(details) as Readonly<Record<string, unknown>>)
  if (entries.length === 0) return html`<p>${words.say('audit.no_details')}</p>`
  return html`<dl class="facts">${entries.map(([name, value]) => fact(name, html`<code>${textOf(value)}</code>`))}</dl>`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1)
}
