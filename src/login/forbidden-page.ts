import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Value } from '../web/html.ts'

export interface ForbiddenPage {
  readonly frame: Frame
  /** Id of the decision, under which the administrator finds the rule; null when the proxy did not pass it on. */
  readonly decisionId: string | null
  /** Who is signed in, or null for nobody. */
  readonly login: string | null
  /** The sign-in page. */
  readonly signInHref: string
  /** What is told of the app just now; null or left out for nothing. */
  readonly notice?: string | null
}

/** For people who may not open what they asked for. It never says which rule decided. */
export function forbiddenPage({ frame, decisionId, login, signInHref, notice = null }: ForbiddenPage): string {
  const { words } = frame
  const title = words.say('forbidden.title')
  const who: readonly Value[] =
    login === null
      ? [words.say('forbidden.nobody')]
      : words.parts('forbidden.who', { login: html`<strong>${login}</strong>` })
  const signIn = login === null ? 'sign_in.title' : 'forbidden.other'
  const body = html`<h1>${title}</h1>
    ${notice !== null && html`<p class="notice">${words.say('launcher.notice', { text: notice })}</p>`}
    <p>${who}</p>
    <p>${words.say('forbidden.ask')}</p>
    ${
      decisionId !== null &&
      html`<dl class="facts">
        <div>
          <dt>${words.say('forbidden.number')}</dt>
          <dd><code>${decisionId}</code></dd>
        </div>
      </dl>`
    }
    <p>
      <a class="button second" href="${signInHref}">${words.say(signIn)}</a>
    </p>`
  return page({ title, body, frame })
}
