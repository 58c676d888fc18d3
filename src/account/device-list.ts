import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
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

/** Devices that are known, each with the means to forget it; nothing where there are none. */
export function deviceList(
  devices: readonly ListedDevice[],
  form: { readonly action: string; readonly csrf: string },
): Html | null {
  if (devices.length === 0) return null
  return html`<h2>Devices that are known</h2>
    <p class="quiet">
      On these you signed in before. Forget what you don't know: it is then treated like any stranger's, and asked for
      everything.
    </p>
    ${devices.map((device) => deviceItem(device, form))}`
}

function deviceItem(
  { id, device, address, firstSeenAt, lastSeenAt, trustedUntil, isThis }: ListedDevice,
  { action, csrf }: { readonly action: string; readonly csrf: string },
): Html {
  return html`<article aria-label="${`Device ${device}`}">
    <h3>${device}${isThis && ' · this browser'}</h3>
    <dl class="facts">
      ${fact('Last signed in', showTime(lastSeenAt))} ${fact('From', address ?? 'an unknown address')}
      ${fact('Known since', showTime(firstSeenAt))}
      ${trustedUntil !== null && fact('No second factor', html`until ${showTime(trustedUntil)}`)}
    </dl>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${hiddenField('forget', id)}
      <button class="button second" type="submit" aria-label="${`Forget ${device}`}">Forget</button>
    </form>
  </article>`
}
