import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { fact, showTime } from './facts.ts'

/** A browser from which its owner signed in before, whether signed in now or not. */
export interface ListedDevice {
  readonly id: string
  readonly device: string
  /** Address that was last signed in from; null when it isn't known. */
  readonly address: string | null
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  /** Until when the second factor need not be given there; null where it is asked for. */
  readonly trustedUntil: Date | null
  /** The one that looks at the list. */
  readonly isThis: boolean
}

interface DeviceForm {
  readonly words: Words
  readonly action: string
  readonly csrf: string
}

/** Devices that are known, each with the means to forget it; nothing where there are none. */
export function deviceList(devices: readonly ListedDevice[], form: DeviceForm): Html | null {
  if (devices.length === 0) return null
  return html`<h2>${form.words.say('devices.title')}</h2>
    <p class="quiet">${form.words.say('devices.hint')}</p>
    ${devices.map((device) => deviceItem(device, form))}`
}

function deviceItem(
  { id, device, address, firstSeenAt, lastSeenAt, trustedUntil, isThis }: ListedDevice,
  { words, action, csrf }: DeviceForm,
): Html {
  const until = (time: Date): readonly (Html | string)[] =>
    words.parts('sessions.until', { time: showTime(time, words) })
  return html`<article aria-label="${words.say('devices.label', { device })}">
    <h3>${isThis ? words.say('sessions.this', { device }) : device}</h3>
    <dl class="facts">
      ${fact(words.say('devices.last'), showTime(lastSeenAt, words))}
      ${fact(words.say('devices.from'), address ?? words.say('account.unknown_address'))}
      ${fact(words.say('devices.since'), showTime(firstSeenAt, words))}
      ${trustedUntil !== null && fact(words.say('devices.trusted'), until(trustedUntil))}
    </dl>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${hiddenField('forget', id)}
      <button class="button second" type="submit" aria-label="${words.say('devices.forget_one', { device })}">
        ${words.say('devices.forget')}
      </button>
    </form>
  </article>`
}
