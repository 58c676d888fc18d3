import { page } from './frame.ts'
import type { Frame } from './frame.ts'
import { html } from './html.ts'
import type { Value } from './html.ts'

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

const HEADED = [400, 401, 403, 404, 405, 410, 421, 429, 502, 503] as const

/** The page for whatever could not be done. Nothing that the request said stands in it. */
export function errorPage({ frame, status, message, requestId, homeHref }: ErrorPage): string {
  const { words } = frame
  const heading = words.say(`failure.${HEADED.find((headed) => headed === status) ?? 'other'}`)
  const request = html`<code>${requestId}</code>`
  const body = html`<h1>${heading}</h1>
    <p>${message}</p>
    ${homeHref !== null && html`<p><a class="button" href="${homeHref}">${words.say('failure.home')}</a></p>`}
    <p class="quiet">${words.parts<'failure.tell', Value>('failure.tell', { status, request })}</p>`
  return page({ title: heading, body, frame })
}
