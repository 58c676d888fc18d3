import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'

/** Says where somebody goes on to. */
export function onwardTo(words: Words, hostName: string): Html {
  return html`<p class="quiet">${words.parts('sign_in.onward', { host: html`<strong>${hostName}</strong>` })}</p>`
}
