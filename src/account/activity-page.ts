import type { EventRow } from '../audit/search-table.ts'
import { deviceText } from '../web/device-text.ts'
import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { eventWords } from '../words/event-words.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { showTime } from './facts.ts'

export interface ActivityPage {
  readonly shell: AccountShell
  /** The visitor, of whom where he was is told, and of nobody else. */
  readonly userId: string
  readonly events: readonly EventRow[]
  /** For how many days things are told. */
  readonly days: number
  /** The page of what is older; null where nothing is. */
  readonly olderHref: string | null
  /** The first page; null there. */
  readonly latestHref: string | null
}

/** What happened in one's own account, and what to do where one didn't do it. */
export function activityPage(model: ActivityPage): string {
  const { shell, events, days, olderHref, latestHref } = model
  const { words } = shell.frame
  const title = words.say('activity.title')
  const body = html`<h1>${title}</h1>
    <p class="quiet">${words.say('activity.hint', { days })}</p>
    ${events.length === 0 ? html`<p class="empty">${words.say('activity.none')}</p>` : eventTable(model)}
    <p class="pager">
      ${latestHref !== null && html`<a class="button second" href="${latestHref}">${words.say('activity.latest')}</a>`}
      ${olderHref !== null && html`<a class="button second" href="${olderHref}">${words.say('activity.older')}</a>`}
    </p>
    <h2>${words.say('activity.not_me')}</h2>
    <p>${words.say('activity.not_me_hint')}</p>
    <p><a class="button" href="${`${shell.base}/not-me`}">${words.say('activity.not_me')}</a></p>`
  return accountPage(shell, { here: 'activity', title, body, wide: true })
}

/** What to do once somebody else was in one's account. */
export function notMePage({
  shell,
  action,
  csrf,
}: {
  readonly shell: AccountShell
  readonly action: string
  readonly csrf: string
}): string {
  const { words } = shell.frame
  const { base } = shell
  const title = words.say('not_me.title')
  const body = html`<h1>${title}</h1>
    <p>${words.say('not_me.hint')}</p>
    <ol>
      <li>${words.say('not_me.end')}</li>
      <li>${words.say('not_me.password')} <a href="${`${base}/password`}">${words.say('account.password')}</a></li>
      <li>${words.say('not_me.tokens')} <a href="${`${base}/api-tokens`}">${words.say('account.tokens')}</a></li>
      <li>${words.say('not_me.factors')} <a href="${`${base}/factors`}">${words.say('account.factors')}</a></li>
      <li>${words.say('not_me.tell')}</li>
    </ol>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)}
      <button class="button" type="submit">${words.say('not_me.end_button')}</button>
    </form>`
  return accountPage(shell, { here: 'activity', title, body })
}

function eventTable({ shell, events, userId }: ActivityPage): Html {
  const { words } = shell.frame
  const heads = (['activity.time', 'activity.what', 'activity.whence', 'activity.result'] as const).map((name) =>
    words.say(name),
  )
  return html`<table class="stacked" role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${heads.map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${events.map((event) => eventRow(event, { words, userId, heads }))}
    </tbody>
  </table>`
}

function eventRow(
  event: EventRow,
  { words, userId, heads }: { words: Words; userId: string; heads: readonly string[] },
): Html {
  const cells = [
    showTime(new Date(event.occurred_at), words),
    html`${eventWords(words, event.event_type)}${timesOf(event, words)}`,
    whence(event, words, userId),
    words.say(event.result === 'success' ? 'activity.success' : 'activity.failure'),
  ]
  return html`<tr role="row">
    ${cells.map((cell, at) => html`<td role="cell" data-label="${heads[at] ?? ''}">${cell}</td>`)}
  </tr>`
}

/** Where others were when they did something is theirs. */
function whence({ actor_id, ip_address, user_agent, details }: EventRow, words: Words, userId: string): string {
  if (actor_id !== null && actor_id !== userId) return words.say('activity.by_other')
  if (detail(details, 'operator') !== undefined) return words.say('activity.by_other')
  if (ip_address === null) return words.say(actor_id === null ? 'activity.by_program' : 'account.unknown_address')
  return user_agent === '' ? ip_address : `${ip_address} · ${deviceText(words, user_agent)}`
}

function timesOf({ details }: EventRow, words: Words): string {
  const times = detail(details, 'times')
  return typeof times === 'number' && times > 1 ? ` (${words.say('activity.times', { count: times })})` : ''
}

function detail(details: string, name: string): unknown {
  const read: unknown = JSON.parse(details)
  return typeof read === 'object' && read !== null ? Reflect.get(read, name) : undefined
}
