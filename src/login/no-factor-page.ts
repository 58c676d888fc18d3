import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Value } from '../web/html.ts'

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
  const { words } = frame
  const title = words.say('second_factor.none_title')
  const why: readonly Value[] =
    host === null
      ? [words.say('second_factor.none_page')]
      : words.parts('second_factor.none_host', { host: html`<strong>${host}</strong>` })
  const body = html`<h1>${title}</h1>
    <p>${why}</p>
    <p><a class="button" href="${enrolHref}">${words.say('enrol.title')}</a></p>
    <p><a class="button second" href="${againHref}">${words.say('second_factor.none_again')}</a></p>`
  return page({ title, body, frame })
}
