import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

export interface ForbiddenPage {
  readonly frame: Frame
  /** Id of the decision, under which the administrator finds the rule; null when the proxy did not pass it on. */
  readonly decisionId: string | null
  /** Who is signed in, or null for nobody. */
  readonly login: string | null
  /** The sign-in page. */
  readonly signInHref: string
}

/** For people who may not open what they asked for. It never says which rule decided. */
export function forbiddenPage({ frame, decisionId, login, signInHref }: ForbiddenPage): string {
  const who = login !== null && html`You are signed in as <strong>${login}</strong>, who may not open this page.`
  const body = html`<h1>No access</h1>
    <p>${who || 'This page is not open to you.'}</p>
    <p>If you need it, ask your administrator for access.</p>
    ${
      decisionId !== null &&
      html`<dl class="facts">
        <div>
          <dt>Tell your administrator this number</dt>
          <dd><code>${decisionId}</code></dd>
        </div>
      </dl>`
    }
    <p>
      <a class="button second" href="${signInHref}">${login === null ? 'Sign in' : 'Sign in as somebody else'}</a>
    </p>`
  return page({ title: 'No access', body, frame })
}
