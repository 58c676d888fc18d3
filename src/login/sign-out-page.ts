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
  const { words } = frame
  const body = html`<h1>${words.say('sign_out.question')}</h1>
    <p>${words.parts('sign_out.who', { login: html`<strong>${login}</strong>` })}</p>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)}
      <button class="button" type="submit">${words.say('sign_out.title')}</button>
      <a class="button second" href="${homeHref}">${words.say('sign_out.stay')}</a>
    </form>`
  return page({ title: words.say('sign_out.title'), body, frame })
}

/** What stands there once the sign-in has ended. */
export function signedOutPage({ frame, signInHref }: SignedOutPage): string {
  const { words } = frame
  const body = html`<h1>${words.say('signed_out.heading')}</h1>
    <p>${words.say('signed_out.advice')}</p>
    <p><a class="button second" href="${signInHref}">${words.say('signed_out.again')}</a></p>`
  return page({ title: words.say('signed_out.title'), body, frame })
}
