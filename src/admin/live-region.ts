import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Console } from './console.ts'
import type { LiveType } from './live-events.ts'

export interface LiveRegion {
  /** Unique on its page, and the same whenever the page is drawn. */
  readonly id: string
  /** What makes it worth to be drawn anew. */
  readonly types: readonly LiveType[]
  readonly body: Html
}

/** A part of a page that is drawn anew when something happens; the page names `live` among its scripts. */
export function liveRegion({ eventsHref }: Pick<Console, 'eventsHref'>, { id, types, body }: LiveRegion): Html {
  return html`<div id="${id}" data-live="${types.join(' ')}" data-live-from="${eventsHref}">${body}</div>`
}
