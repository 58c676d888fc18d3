import type { Words } from '../words/words.ts'
import { attributes, html } from './html.ts'
import type { Html } from './html.ts'

/** A link of a navigation. */
export interface Place {
  readonly href: string
  readonly text: string
  /** True for the page that is shown, or the one it belongs to. */
  readonly isHere: boolean
}

export interface PlaceGroup {
  /** Null for places that need no heading. */
  readonly heading: string | null
  readonly places: readonly Place[]
}

export interface Navigation {
  /** What screen readers call it. */
  readonly label: string
  readonly groups: readonly PlaceGroup[]
}

/** The links beside a page's content; where there is no room beside, they open from a menu above it, without script. */
export function navigation(words: Words, { label, groups }: Navigation): Html {
  return html`<nav class="places" aria-label="${label}">
    <details>
      <summary>${words.say('frame.menu')}</summary>
      ${groups.filter(({ places }) => places.length > 0).map(groupOf)}
    </details>
  </nav>`
}

function groupOf({ heading, places }: PlaceGroup): Html {
  return html`${heading !== null && html`<p>${heading}</p>`}
    <ul>
      ${places.map(
        ({ href, text, isHere }) =>
          html`<li><a href="${href}" ${attributes({ 'aria-current': isHere ? 'page' : null })}>${text}</a></li>`,
      )}
    </ul>`
}
