import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Value } from '../web/html.ts'

/** Why a sign-in doesn't hold, as far as one request tells. */
export type LoopCause =
  | 'cookie_missing'
  | 'cookie_doubled'
  | 'cookie_not_valid'
  | 'gateway_not_told'
  | 'proof_too_old'
  | 'wrong_scheme'

export interface LoopPage {
  readonly frame: Frame
  readonly cause: LoopCause
  /** Host that the visitor is on, for people to see. */
  readonly host: string
  /** Begins once more. */
  readonly startHref: string
}

/** For a browser that comes back again and again without being let in. It goes on by a click alone. */
export function loopPage({ frame, cause, host, startHref }: LoopPage): string {
  const { words } = frame
  const title = words.say('loop.title')
  const forAdministrator = {
    advice: words.say(`loop.${cause}_administrator`),
    command: html`<code>postern doctor</code>`,
    cause: html`<code>${cause}</code>`,
  }
  const body = html`<h1>${title}</h1>
    <p>${words.parts('loop.what', { host: html`<strong>${host}</strong>` })}</p>
    <p>${words.say(`loop.${cause}`)}</p>
    <p class="quiet">${words.parts<'loop.administrator', Value>('loop.administrator', forAdministrator)}</p>
    <p><a class="button" href="${startHref}">${words.say('common.try_again')}</a></p>`
  return page({ title, body, frame })
}
