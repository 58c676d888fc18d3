import { attributes, html } from '../web/html.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage, Crumb } from './console-page.ts'

export interface LinkPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly title: string
  readonly link: string
  readonly crumbs: readonly Crumb[]
  /** Where to go on once it is handed on. */
  readonly backHref: string
}

/** A link that lets somebody in, this once. The button that copies it is there where there is JavaScript. */
export function linkPage({ frame, console, title, link, crumbs, backHref }: LinkPage): string {
  const { words } = frame
  const copy = { type: 'button', 'data-copy': 'link', 'data-copied': words.say('handed.copied'), hidden: true }
  const body = html`<p>${words.say('handed.hint')}</p>
    <p><code id="link">${link}</code></p>
    <p><button class="button" ${attributes(copy)}>${words.say('handed.copy')}</button></p>
    <p><a class="button second" href="${backHref}">${words.say('handed.back')}</a></p>`
  return consolePage({ frame, console, title, body, crumbs, script: 'copy' })
}
