import type { EventRow } from '../audit/search-table.ts'
import { deviceText } from '../web/device-text.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import { eventWords } from '../words/event-words.ts'
import type { WordName, Words } from '../words/words.ts'
import type { Console } from './console.ts'
import { dataTable, hrefOf, moment } from './parts.ts'
import { EVENT_DAYS } from './user-facts.ts'
import type { UserFacts } from './user-facts.ts'
import { buttonForm } from './user-fields.ts'

interface Sections {
  readonly frame: { readonly words: Words }
  readonly console: Console
  readonly facts: UserFacts
  readonly csrf: Html
}

interface Section {
  readonly id: string
  readonly title: WordNameOfUser
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Value[])[]
  readonly none: string
}

type WordNameOfUser = Extract<WordName, 'user.sessions' | 'user.devices' | 'user.tokens' | 'user.events'>

/** Where somebody is signed in, with the means to end it. */
export function sessionsSection({ frame: { words }, console, facts, csrf }: Sections): Html | null {
  const { sessions, user, isWithinReach } = facts
  if (sessions === null) return null
  const mayEnd = console.may('postern.sessions:end') && isWithinReach
  const path = `${console.base}/users/${user.login}/sessions`
  const rows = sessions.map((each) => [
    device(words, each.user_agent),
    each.ip_address ?? '–',
    moment(words, each.created_at),
    moment(words, each.last_seen_at),
    mayEnd &&
      buttonForm({
        action: `${path}/end`,
        csrf,
        hidden: { id: each.id },
        text: words.say('open_sessions.end'),
        label: words.say('open_sessions.end_of', { login: user.login }),
      }),
  ])
  const columns = [
    words.say('user.device'),
    words.say('open_sessions.network'),
    words.say('open_sessions.began'),
    words.say('open_sessions.last_seen'),
    words.say('people.change'),
  ]
  const none = words.say('user.sessions_none')
  return html`${section(words, { id: 'sessions', title: 'user.sessions', columns, rows, none })}
  ${
    mayEnd &&
    sessions.length > 0 &&
    buttonForm({
      action: `${path}/end-all`,
      csrf,
      text: words.say('open_sessions.end_all_of', { login: user.login }),
    })
  }`
}

/** Browsers that somebody is known on. */
export function devicesSection({ frame: { words }, facts: { devices } }: Sections): Html | null {
  if (devices === null) return null
  return section(words, {
    id: 'devices',
    title: 'user.devices',
    columns: [
      words.say('user.device'),
      words.say('open_sessions.network'),
      words.say('open_sessions.last_seen'),
      words.say('user.device_trusted'),
    ],
    rows: devices.map((each) => [
      device(words, each.user_agent),
      each.ip_address ?? '–',
      moment(words, each.last_seen_at),
      each.trusted_until === null ? '–' : moment(words, each.trusted_until),
    ]),
    none: words.say('user.devices_none'),
  })
}

/** What programs have of somebody, with the means to revoke it. */
export function tokensSection({ frame: { words }, console, facts, csrf }: Sections): Html {
  const { tokens, user, isWithinReach } = facts
  const mayRevoke = console.may('postern.sessions:end') && isWithinReach
  return section(words, {
    id: 'tokens',
    title: 'user.tokens',
    columns: [
      words.say('people.name'),
      words.say('user.token_begins'),
      words.say('user.last_used'),
      words.say('people.until'),
      words.say('people.change'),
    ],
    rows: tokens.map(({ id, name, prefix, last_used_at: lastUsedAt, expires_at: endsAt }) => [
      name,
      html`<code>${prefix}</code>`,
      lastUsedAt === null ? '–' : moment(words, lastUsedAt),
      moment(words, endsAt),
      mayRevoke &&
        buttonForm({
          action: `${console.base}/users/${user.login}/tokens/revoke`,
          csrf,
          hidden: { id },
          text: words.say('user.token_revoke'),
          label: words.say('user.token_revoke_one', { name }),
        }),
    ]),
    none: words.say('user.tokens_none'),
  })
}

/** What somebody did of late, and what was done to the account. */
export function eventsSection({ frame: { words }, console, facts }: Sections): Html | null {
  const { events, user } = facts
  if (events === null) return null
  const { login } = user
  const columns = [
    words.say('people.time'),
    words.say('user.event'),
    words.say('user.event_by'),
    words.say('user.event_from'),
    words.say('user.event_result'),
  ]
  const rows = events.map((event) => eventCells(words, event))
  const none = words.say('user.events_none', { days: EVENT_DAYS })
  return html`${section(words, { id: 'events', title: 'user.events', columns, rows, none })}
    <p>
      <a href="${hrefOf(`${console.base}/audit`, { actor: login })}">${words.say('user.events_link', { login })}</a>
    </p>`
}

/** What browser it was, with what it said itself to be behind the guess. */
export function device(words: Words, userAgent: string): Html {
  return html`<span title="${userAgent}">${deviceText(words, userAgent)}</span>`
}

function eventCells(words: Words, event: EventRow): readonly Value[] {
  return [
    moment(words, new Date(event.occurred_at)),
    eventWords(words, event.event_type),
    event.actor_login ?? words.say('user.event_by_nobody'),
    event.ip_address ?? '–',
    words.say(event.result === 'success' ? 'user.event_success' : 'user.event_failure'),
  ]
}

function section(words: Words, { id, title, columns, rows, none }: Section): Html {
  const caption = words.say(title)
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${caption}</h2>
    ${dataTable({ caption, columns, rows, empty: html`<p class="quiet">${none}</p>` })}
  </section>`
}
