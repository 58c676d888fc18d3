import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

export interface HandOverFailedPage {
  readonly frame: Frame
  /** Where a new sign-in begins. */
  readonly startHref: string
}

/** For a visitor whose way back from the portal can't be used. It goes on by a click alone, so that nothing loops. */
export function handOverFailedPage({ frame, startHref }: HandOverFailedPage): string {
  const { words } = frame
  const title = words.say('hand_over.title')
  const body = html`<h1>${title}</h1>
    <p>${words.say('hand_over.why')}</p>
    <p>${words.say('hand_over.advice')}</p>
    <p><a class="button" href="${startHref}">${words.say('common.try_again')}</a></p>`
  return page({ title, body, frame })
}
