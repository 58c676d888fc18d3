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
  const { words } = frame
  const title = words.say('reset.ask_title')
  const body = html`<h1>${title}</h1>
    <p class="quiet">${words.say('reset.ask_hint')}</p>
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)}
      ${field({
        name: 'username',
        label: words.say('reset.login_or_email'),
        value: username,
        autocomplete: 'username',
        autofocus: true,
        error: fault,
      })}
      <button class="button" type="submit">${words.say('reset.send')}</button>
    </form>
    <p><a class="button second" href="${signInHref}">${words.say('reset.back')}</a></p>`
  return page({ title: fault === null ? title : words.say('common.error', { title }), body, frame })
}

/** The same whoever was named. */
export function resetSentPage({ frame, signInHref }: FormFrame & { readonly signInHref: string }): string {
  const { words } = frame
  const title = words.say('reset.sent_title')
  const body = html`<h1>${title}</h1>
    <p role="status">${words.say('reset.sent')}</p>
    <p class="quiet">${words.say('reset.sent_hint')}</p>
    <p><a class="button second" href="${signInHref}">${words.say('reset.back')}</a></p>`
  return page({ title, body, frame })
}

/** Asks for the new password; shown as often as anybody looks, since looking uses nothing up. */
export function newPasswordPage(model: NewPasswordPage): string {
  const { frame, action, csrf, token, login, minPasswordLength, fault } = model
  const { words } = frame
  const title = words.say('reset.title')
  const body = html`<h1>${title}</h1>
    <p class="quiet">${words.say('reset.hint')}</p>
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)} ${hiddenField('token', token)}
      <div class="field">
        <label for="username">${words.say('sign_in.login')}</label>
        <input id="username" type="text" value="${login}" autocomplete="username" readonly />
      </div>
      ${field({
        name: 'password',
        label: words.say('reset.new_password'),
        type: 'password',
        autocomplete: 'new-password',
        autofocus: true,
        error: fault === null ? null : words.retell(fault),
        hint: words.say('new_password.hint', { count: minPasswordLength }),
      })}
      <button class="button" type="submit">${words.say('reset.submit')}</button>
    </form>`
  return page({ title: fault === null ? title : words.say('common.error', { title }), body, frame })
}

/** Nobody is signed in by a reset, and what programs use goes on, which is told. */
export function resetDonePage({ frame, signInHref, tokensHref }: ResetDonePage): string {
  const { words } = frame
  const title = words.say('reset.done_title')
  const body = html`<h1>${title}</h1>
    <p role="status">${words.say('reset.done')}</p>
    <p class="quiet">${words.say('reset.done_tokens')}</p>
    <p><a class="button" href="${signInHref}">${words.say('sign_in.title')}</a></p>
    <p><a class="button second" href="${tokensHref}">${words.say('reset.tokens')}</a></p>`
  return page({ title, body, frame })
}
