import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
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
  readonly frame: Frame
  /** The one that looks first. */
  readonly sessions: readonly ListedSession[]
  /** Browsers that are known, last used first. */
  readonly devices: readonly ListedDevice[]
  /** Path that all forms are posted to. */
  readonly action: string
  readonly csrf: string
  readonly homeHref: string
}

/** One's own sign-ins: what they are and when they were last used, with the means to end the others. */
export function sessionListPage(model: SessionListPage): string {
  const { frame, sessions, devices, action, csrf, homeHref } = model
  const others = sessions.filter(({ isThis }) => !isThis)
  const body = html`<h1>Where you are signed in</h1>
    <p class="quiet">All times are UTC. End what you don't know, then change your password.</p>
    ${sessions.map((session) => sessionItem(session, model))}
    ${
      others.length > 1 &&
      html`<form method="post" action="${action}">
        ${hiddenField('csrf', csrf)} ${hiddenField('end', 'others')}
        <button class="button" type="submit">End all others</button>
      </form>`
    }
    ${deviceList(devices, { action, csrf })}
    <p><a class="button second" href="${homeHref}">Back</a></p>`
  return page({ title: 'Where you are signed in', body, frame })
}

function sessionItem(
  { id, device, address, startedAt, lastSeenAt, rememberedUntil = null, isThis }: ListedSession,
  model: SessionListPage,
): Html {
  return html`<section aria-label="${device}">
    <h2>${device}${isThis && ' · this browser'}</h2>
    <dl class="facts">
      ${fact('Signed in from', address ?? 'an unknown address')} ${fact('Signed in', showTime(startedAt))}
      ${fact('Last used', showTime(lastSeenAt))}
      ${fact('Stays signed in', rememberedUntil === null ? 'until the browser closes' : until(rememberedUntil))}
    </dl>
    ${!isThis && endForm(id, device, model)}
  </section>`
}

function endForm(id: string, device: string, { action, csrf }: SessionListPage): Html {
  return html`<form method="post" action="${action}">
    ${hiddenField('csrf', csrf)} ${hiddenField('end', id)}
    <button class="button second" type="submit" aria-label="${`End ${device}`}">End</button>
  </form>`
}

function until(time: Date): Html {
  return html`until ${showTime(time)}`
}
