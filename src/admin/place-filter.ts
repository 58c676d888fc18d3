import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { hrefOf } from './parts.ts'
import { textControl } from './user-fields.ts'
import type { Refusal } from './user-parts.ts'

export interface PlaceFilter {
  /** Of the page that is narrowed. */
  readonly path: string
  /** What it is narrowed to now; '' for all. */
  readonly query: { readonly login: string; readonly network: string }
  readonly refusal: Refusal
  /** How long a login may be that is looked for. */
  readonly maxLogin: number
}

/** Narrows a list to a login and a network, with the way back to all of it. */
export function placeFilter(words: Words, { path, query, refusal, maxLogin }: PlaceFilter): Html {
  const isNarrowed = hrefOf(path, query) !== path
  return html`<form class="filter" method="get" action="${path}">
    ${textControl(words, { name: 'login', label: words.say('people.login'), value: query.login, maxLength: maxLogin })}
    ${textControl(words, {
      name: 'network',
      label: words.say('open_sessions.network'),
      value: query.network,
      fault: refusal.faults['network'],
      maxLength: 64,
    })}
    <button class="button" type="submit">${words.say('people.find')}</button>
    ${isNarrowed && html`<a class="button second" href="${path}">${words.say('people.all')}</a>`}
  </form>`
}
