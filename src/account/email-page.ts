import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

interface FormFrame {
  readonly frame: Frame
  readonly homeHref: string
}

export interface EmailPage extends FormFrame {
  /** Path that all forms are posted to. */
  readonly action: string
  readonly csrf: string
  readonly email: string
  readonly isVerified: boolean
  /** False without a mail server: then nothing can be confirmed, and administrators change addresses. */
  readonly sendsMails: boolean
  /** Where to prove anew who one is; null for whoever has just done so and may change things. */
  readonly proveHref: string | null
  /** What was entered, with what is wrong with it. */
  readonly entered: { readonly email: string; readonly fault: string } | null
  /** Where a link was sent to just now. */
  readonly sentTo: string | null
}

export interface EmailLinkPage extends FormFrame {
  readonly action: string
  readonly csrf: string
  readonly token: string
  readonly login: string
  readonly email: string
  /** What the link does: makes an address the stored one, or stops that. */
  readonly purpose: 'confirm' | 'stop'
}

const LINK_WORDS = {
  confirm: { title: 'Confirm your e-mail address', button: 'Confirm this address' },
  stop: { title: 'Stop the change of your e-mail address', button: 'Stop it and end all sessions' },
} as const
const DONE_WORDS = {
  confirm: ['Your e-mail address is confirmed', 'Mails of this account go to it.'],
  stop: ['The change is stopped', 'All sessions have ended. Set a new password now: somebody was signed in as you.'],
} as const

/** One's own address: whether it is confirmed, and changing it. */
export function emailPage(model: EmailPage): string {
  const { frame, email, isVerified, homeHref, entered, sentTo } = model
  const title = 'Your e-mail address'
  const body = html`<h1>${title}</h1>
    ${
      sentTo !== null &&
      html`<p class="quiet" role="status">
        A link is on its way to <strong>${sentTo}</strong>. It works once, for 24 hours.
      </p>`
    }
    <dl class="facts">
      <div>
        <dt>Address</dt>
        <dd>${email}</dd>
      </div>
      <div>
        <dt>State</dt>
        <dd>${isVerified ? 'confirmed' : 'not confirmed'}</dd>
      </div>
    </dl>
    ${model.sendsMails ? changes(model) : html`<p class="quiet">Ask your administrator to change it.</p>`}
    <p><a class="button second" href="${homeHref}">Back</a></p>`
  return page({ title: entered === null ? title : `Error: ${title}`, body, frame })
}

/** Behind a link from a mail; looking changes nothing. */
export function emailLinkPage(model: EmailLinkPage): string {
  const { frame, action, csrf, token, login, email, purpose } = model
  const { title, button } = LINK_WORDS[purpose]
  const sentence =
    purpose === 'confirm'
      ? html`Mails of the account <strong>${login}</strong> will go to <strong>${email}</strong>.`
      : html`Somebody signed in as <strong>${login}</strong> asked for mails to go to <strong>${email}</strong>.`
  const body = html`<h1>${title}</h1>
    <p>${sentence}</p>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${hiddenField('token', token)}
      <button class="button" type="submit">${button}</button>
    </form>`
  return page({ title, body, frame })
}

/** After the link was used. */
export function emailDonePage({ frame, homeHref, purpose }: FormFrame & Pick<EmailLinkPage, 'purpose'>): string {
  const [title, sentence] = DONE_WORDS[purpose]
  const body = html`<h1>${title}</h1>
    <p role="status">${sentence}</p>
    <p><a class="button" href="${homeHref}">Go on</a></p>`
  return page({ title, body, frame })
}

function changes(model: EmailPage): Html {
  const { action, csrf, email, isVerified, proveHref, entered } = model
  if (proveHref !== null)
    return html`<p>To change something here, prove once more who you are.</p>
      <p><a class="button" href="${proveHref}">Prove who you are</a></p>`
  return html`${
      !isVerified &&
      html`<form method="post" action="${action}">
        ${hiddenField('csrf', csrf)} ${hiddenField('email', email)}
        <button class="button second" type="submit">Send a link to confirm it</button>
      </form>`
    }
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)}
      ${field({
        name: 'email',
        label: 'New address',
        type: 'email',
        autocomplete: 'email',
        value: entered?.email ?? '',
        error: entered?.fault ?? null,
        hint: 'A link goes there. Mails go on to the address that you have until you open it.',
      })}
      <button class="button" type="submit">Change the address</button>
    </form>`
}
