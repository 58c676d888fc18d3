import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { deviceList } from './device-list.ts'
import type { ListedDevice } from './device-list.ts'
import { fact, showTime } from './facts.ts'

/** One sign-in as its owner sees it. */
export interface ListedSession {
  readonly id: string
  readonly device: string
  /** Address that it began from; null when that isn't known. */
  readonly address: string | null
  readonly startedAt: Date
  readonly lastSeenAt: Date
  /** When it ends in any case, for one that is remembered on its device; null or left out for all others. */
  readonly rememberedUntil?: Date | null
  /** The one that looks at the list. */
  readonly isThis: boolean
}

export interface SessionListPage {
  readonly shell: AccountShell
  /** The one that looks first. */
  readonly sessions: readonly ListedSession[]
  /** Browsers that are known, last used first. */
  readonly devices: readonly ListedDevice[]
  /** Path that all forms are posted to. */
  readonly action: string
  readonly csrf: string
}

/** One's own sign-ins: what they are and when they were last used, with the means to end the others. */
export function sessionListPage(model: SessionListPage): string {
  const { shell, sessions, devices, action, csrf } = model
  const { words } = shell.frame
  const title = words.say('sessions.title')
  const others = sessions.filter(({ isThis }) => !isThis)
  const body = html`<h1>${title}</h1>
    <p class="quiet">${words.say('sessions.hint')}</p>
    ${sessions.map((session) => sessionItem(session, model))}
    ${
      others.length > 1 &&
      html`<form method="post" action="${action}">
        ${hiddenField('csrf', csrf)} ${hiddenField('end', 'others')}
        <button class="button" type="submit">${words.say('sessions.end_others')}</button>
      </form>`
    }
    ${deviceList(devices, { words, action, csrf })}`
  return accountPage(shell, { here: 'sessions', title, body })
}

function sessionItem(session: ListedSession, model: SessionListPage): Html {
  const { device, address, startedAt, lastSeenAt, isThis } = session
  const { words } = model.shell.frame
  return html`<section aria-label="${device}">
    <h2>${isThis ? words.say('sessions.this', { device }) : device}</h2>
    <dl class="facts">
      ${fact(words.say('sessions.from'), address ?? words.say('account.unknown_address'))}
      ${fact(words.say('sessions.since'), showTime(startedAt, words))}
      ${fact(words.say('sessions.last_used'), showTime(lastSeenAt, words))}
      ${fact(words.say('sessions.stays'), staysUntil(session, words))}
    </dl>
    ${!isThis && endForm(session, model)}
  </section>`
}

function endForm({ id, device }: ListedSession, { shell, action, csrf }: SessionListPage): Html {
  const { words } = shell.frame
  return html`<form method="post" action="${action}">
    ${hiddenField('csrf', csrf)} ${hiddenField('end', id)}
    <button class="button second" type="submit" aria-label="${words.say('sessions.end_one', { device })}">
      ${words.say('sessions.end')}
    </button>
  </form>`
}

function staysUntil({ rememberedUntil = null }: ListedSession, words: Words): readonly (Html | string)[] {
  if (rememberedUntil === null) return [words.say('sessions.until_closed')]
  return words.parts('sessions.until', { time: showTime(rememberedUntil, words) })
}
