import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** One line of `<dl class="facts">`. */
export function fact(term: string, value: Html | string): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`
}

/** To the minute, in UTC, with the exact time for programs. */
export function showTime(time: Date): Html {
  const iso = time.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`
}
