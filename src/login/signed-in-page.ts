import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

export interface SignedInPage {
  readonly frame: Frame
  readonly login: string
  readonly name: string
  readonly email: string
  /** Path that the sign-out form is posted to. */
  readonly signOutAction: string
  readonly csrf: string
  /** Path that the pages of one's own account are below, such as `/account`. */
  readonly accountBase: string
}

/** Pages below the account's path, as people are told of them. */
const PAGES = [
  ['sessions', 'Where you are signed in'],
  ['password', 'Password'],
  ['factors', 'Second factors'],
  ['email', 'E-mail address'],
  ['api-tokens', 'API tokens'],
] as const

/** The portal's start page: who am I, and the way out. */
export function signedInPage(model: SignedInPage): string {
  const { frame, login, name, email, signOutAction, csrf, accountBase } = model
  const body = html`<h1>You are signed in</h1>
    <dl class="facts">
      <div>
        <dt>Name</dt>
        <dd>${name === '' ? login : name}</dd>
      </div>
      <div>
        <dt>Login</dt>
        <dd>${login}</dd>
      </div>
      <div>
        <dt>E-mail</dt>
        <dd>${email}</dd>
      </div>
    </dl>
    ${PAGES.map(([name, text]) => html`<p><a class="button second" href="${`${accountBase}/${name}`}">${text}</a></p>`)}
    <form method="post" action="${signOutAction}">
      ${hiddenField('csrf', csrf)}
      <button class="button second" type="submit">Sign out</button>
    </form>`
  return page({ title: 'Signed in', body, frame })
}
