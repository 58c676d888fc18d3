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
  const body = html`<h1>Sign-in not completed</h1>
    <p>This way back from the sign-in page was used before, took too long, or began in another browser.</p>
    <p>Try again. If this page comes back, allow cookies for this address.</p>
    <p><a class="button" href="${startHref}">Try again</a></p>`
  return page({ title: 'Sign-in not completed', body, frame })
}
