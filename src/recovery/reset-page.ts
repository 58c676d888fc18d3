import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

interface FormFrame {
  readonly frame: Frame
}

export interface ResetRequestPage extends FormFrame {
  /** Path that the form is posted to. */
  readonly action: string
  readonly csrf: string
  readonly signInHref: string
  readonly username: string
  readonly fault: string | null
}

export interface NewPasswordPage extends FormFrame {
  readonly action: string
  readonly csrf: string
  /** The token of the link that led here; goes along in the hidden field `token`. */
  readonly token: string
  readonly login: string
  readonly minPasswordLength: number
  readonly fault: string | null
}

interface ResetDonePage extends FormFrame {
  readonly signInHref: string
  /** Where API tokens are ended, once signed in. */
  readonly tokensHref: string
}

/** Asks whose password is to be set. */
export function resetRequestPage({ frame, action, csrf, signInHref, username, fault }: ResetRequestPage): string {
  const title = 'Forgot your password?'
  const body = html`<h1>${title}</h1>
    <p class="quiet">We send a link to the e-mail address of your account.</p>
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)}
      ${field({
        name: 'username',
        label: 'Login or e-mail address',
        value: username,
        autocomplete: 'username',
        autofocus: true,
        error: fault,
      })}
      <button class="button" type="submit">Send the link</button>
    </form>
    <p><a class="button second" href="${signInHref}">Back to sign-in</a></p>`
  return page({ title: fault === null ? title : `Error: ${title}`, body, frame })
}

/** The same whoever was named. */
export function resetSentPage({ frame, signInHref }: FormFrame & { readonly signInHref: string }): string {
  const title = 'Look into your mail'
  const body = html`<h1>${title}</h1>
    <p role="status">If there is an account with this login or address, a link is on its way to its e-mail address.</p>
    <p class="quiet">
      It works once, for 30 minutes. Nothing there? Look for it in the spam folder, then ask your administrator.
    </p>
    <p><a class="button second" href="${signInHref}">Back to sign-in</a></p>`
  return page({ title, body, frame })
}

/** Asks for the new password; shown as often as anybody looks, since looking uses nothing up. */
export function newPasswordPage(model: NewPasswordPage): string {
  const { frame, action, csrf, token, login, minPasswordLength, fault } = model
  const title = 'Set a new password'
  const body = html`<h1>${title}</h1>
    <p class="quiet">All sessions of this account end. Second factors stay.</p>
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)} ${hiddenField('token', token)}
      <div class="field">
        <label for="username">Login</label>
        <input id="username" type="text" value="${login}" autocomplete="username" readonly />
      </div>
      ${field({
        name: 'password',
        label: 'New password',
        type: 'password',
        autocomplete: 'new-password',
        autofocus: true,
        error: fault,
        hint: `${minPasswordLength} characters or more. A few words are easy to remember.`,
      })}
      <button class="button" type="submit">Set the password</button>
    </form>`
  return page({ title: fault === null ? title : `Error: ${title}`, body, frame })
}

/** Nobody is signed in by a reset, and what programs use goes on, which is told. */
export function resetDonePage({ frame, signInHref, tokensHref }: ResetDonePage): string {
  const title = 'Your password is set'
  const body = html`<h1>${title}</h1>
    <p role="status">All sessions of your account have ended. Sign in with the new password.</p>
    <p class="quiet">API tokens still work. End those that are not yours, or that somebody else may know.</p>
    <p><a class="button" href="${signInHref}">Sign in</a></p>
    <p><a class="button second" href="${tokensHref}">Your API tokens</a></p>`
  return page({ title, body, frame })
}
