import { page } from '../web/frame.ts'
import type { Frame, Page } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Console } from './console.ts'
import { doneText } from './done.ts'
import { consoleNavigation } from './navigation.ts'

/** A page above the one that is shown. */
export interface Crumb {
  readonly text: string
  /** Below the console's path; '' for the overview. */
  readonly path: string
}

export interface ConsolePage {
  readonly frame: Frame
  readonly console: Console
  /** The page's name, which is its heading too. */
  readonly title: string
  /** What stands below the heading. */
  readonly body: Html
  /** Pages above this one, the overview left out; none for those in the navigation. */
  readonly crumbs?: readonly Crumb[]
  /** What is wrong, said above everything; a page that has it answers with 4xx. */
  readonly problem?: string | null
  /** Needs `scripted` in `portalHeaders`. */
  readonly script?: Page['script']
}

/** A whole page of the console: navigation, where it stands, what has just been done, heading and content. */
export function consolePage(model: ConsolePage): string {
  const { frame, console, title, body, crumbs = [], problem = null, script } = model
  const { done: code } = console
  const done = doneText(frame.words, code)
  const content = html`${crumbs.length > 0 && trail(model, crumbs)}
    <h1>${title}</h1>
    ${done !== null && html`<p class="notice" role="status">${done}</p>`}
    ${problem !== null && html`<p class="error" role="alert">${problem}</p>`} ${body}`
  const nav = consoleNavigation(frame.words, console)
  return page({ frame, title, body: content, nav, wide: true, ...(script !== undefined && { script }) })
}

function trail({ frame: { words }, console: { base }, title }: ConsolePage, crumbs: readonly Crumb[]): Html {
  return html`<nav class="crumbs" aria-label="${words.say('console.crumbs')}">
    <ol>
      ${crumbs.map(({ text, path }) => html`<li><a href="${path === '' ? base : `${base}/${path}`}">${text}</a></li>`)}
      <li aria-current="page">${title}</li>
    </ol>
  </nav>`
}
