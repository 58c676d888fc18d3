import { page } from './frame.ts'
import type { Frame } from './frame.ts'
import { html } from './html.ts'

export interface ErrorPage {
  readonly frame: Frame
  /** HTTP status of the reply. */
  readonly status: number
  /** What went wrong and what to do, such as the message of a PosternError. */
  readonly message: string
  /** Id under which the log has the details. */
  readonly requestId: string
  /** Where to go on from here; null when there is no such place. */
  readonly homeHref: string | null
}

const HEADINGS: Readonly<Record<number, string>> = {
  400: 'This request could not be read',
  401: 'Sign in first',
  403: 'This is not allowed',
  404: 'Page not found',
  405: 'This is not possible here',
  410: 'This link is no longer valid',
  421: 'Wrong address',
  429: 'Too many requests',
  502: 'The app does not answer',
  503: 'Not available right now',
}

/** The page for whatever could not be done. Nothing that the request said stands in it. */
export function errorPage({ frame, status, message, requestId, homeHref }: ErrorPage): string {
  const heading = HEADINGS[status] ?? 'Something went wrong'
  const body = html`<h1>${heading}</h1>
    <p>${message}</p>
    ${homeHref !== null && html`<p><a class="button" href="${homeHref}">Go to the start page</a></p>`}
    <p class="quiet">
      If this happens again, tell your administrator: error ${status}, request <code>${requestId}</code>
    </p>`
  return page({ title: heading, body, frame })
}
