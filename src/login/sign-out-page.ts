import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

export interface SignOutPage {
  readonly frame: Frame
  /** Path that the form is posted to. */
  readonly action: string
  readonly csrf: string
  /** Who is signed in. */
  readonly login: string
  /** Where "Stay signed in" leads. */
  readonly homeHref: string
}

export interface SignedOutPage {
  readonly frame: Frame
  readonly signInHref: string
}

/** Asks before it signs out, so that a link on another site can't. */
export function signOutPage({ frame, action, csrf, login, homeHref }: SignOutPage): string {
  const body = html`<h1>Sign out?</h1>
    <p>You are signed in as <strong>${login}</strong>. Signing out also closes every app you opened in this browser.</p>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)}
      <button class="button" type="submit">Sign out</button>
      <a class="button second" href="${homeHref}">Stay signed in</a>
    </form>`
  return page({ title: 'Sign out', body, frame })
}

/** What stands there once the sign-in has ended. */
export function signedOutPage({ frame, signInHref }: SignedOutPage): string {
  const body = html`<h1>You are signed out</h1>
    <p>You can close this page. On a computer that others use, close the browser as well.</p>
    <p><a class="button second" href="${signInHref}">Sign in again</a></p>`
  return page({ title: 'Signed out', body, frame })
}
