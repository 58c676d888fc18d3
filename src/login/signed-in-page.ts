import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import { html } from '../web/html.ts'

export interface SignedInPage {
  readonly assetBase: string
  readonly login: string
  readonly name: string
  readonly email: string
  /** Path that the sign-out form is posted to. */
  readonly signOutAction: string
  readonly csrf: string
  /** Where one's own sign-ins are listed. */
  readonly sessionsHref: string
}

/** The portal's start page: who am I, and the way out. */
export function signedInPage(model: SignedInPage): string {
  const { assetBase, login, name, email, signOutAction, csrf, sessionsHref } = model
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
    <p><a class="button second" href="${sessionsHref}">Where you are signed in</a></p>
    <form method="post" action="${signOutAction}">
      ${hiddenField('csrf', csrf)}
      <button class="button second" type="submit">Sign out</button>
    </form>`
  return page({ title: 'Signed in', body, assetBase })
}
