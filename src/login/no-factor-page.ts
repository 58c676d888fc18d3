import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

export interface NoFactorPage {
  readonly frame: Frame
  /** Host that asks for a second factor, for people to see; null when it isn't known. */
  readonly host: string | null
  /** Where one is set up. */
  readonly enrolHref: string
  /** Goes on, once there is one. */
  readonly againHref: string
}

/** What people see who are asked for a second factor and have none. */
export function noFactorPage({ frame, host, enrolHref, againHref }: NoFactorPage): string {
  const body = html`<h1>A second factor is needed</h1>
    <p>
      ${host === null ? 'This page' : html`<strong>${host}</strong>`} may be opened only by people who have proven who
      they are in a second way, and you have not set one up yet.
    </p>
    <p><a class="button" href="${enrolHref}">Set up a second factor</a></p>
    <p><a class="button second" href="${againHref}">I have set one up: go on</a></p>`
  return page({ title: 'A second factor is needed', body, frame })
}
