import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'

/** One line of `<dl class="facts">`. */
export function fact(term: string, value: Html | string | readonly (Html | string)[]): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`
}

/** To the minute, in UTC, with the exact time for programs; as the language writes it where one is given. */
export function showTime(time: Date, words?: Words): Html {
  const iso = time.toISOString()
  return html`<time datetime="${iso}">${words?.time(time) ?? iso.slice(0, 16).replace('T', ' ')}</time>`
}
