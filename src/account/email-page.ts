import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { fact } from './facts.ts'

export interface EmailPage {
  readonly shell: AccountShell
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

export interface EmailLinkPage {
  readonly frame: Frame
  readonly homeHref: string
  readonly action: string
  readonly csrf: string
  readonly token: string
  readonly login: string
  readonly email: string
  /** What the link does: makes an address the stored one, or stops that. */
  readonly purpose: 'confirm' | 'stop'
}

/** One's own address: whether it is confirmed, and changing it. */
export function emailPage(model: EmailPage): string {
  const { shell, email, isVerified, entered, sentTo } = model
  const { words } = shell.frame
  const title = words.say('email.title')
  const body = html`<h1>${title}</h1>
    ${
      sentTo !== null &&
      html`<p class="quiet" role="status">
        ${words.parts('email.sent', { address: html`<strong>${sentTo}</strong>` })}
      </p>`
    }
    <dl class="facts">
      ${fact(words.say('email.address'), email)}
      ${fact(words.say('email.state'), words.say(isVerified ? 'email.confirmed' : 'email.open'))}
    </dl>
    ${model.sendsMails ? changes(model) : html`<p class="quiet">${words.say('email.ask')}</p>`}
    <p><a class="button second" href="${shell.base}">${words.say('common.back')}</a></p>`
  const shown = entered === null ? title : words.say('common.error', { title })
  return accountPage(shell, { here: 'profile', title: shown, body })
}

/** Behind a link from a mail; looking changes nothing. */
export function emailLinkPage(model: EmailLinkPage): string {
  const { frame, action, csrf, token, login, email, purpose } = model
  const { words } = frame
  const title = words.say(`email.${purpose}_title`)
  const who = { login: html`<strong>${login}</strong>`, address: html`<strong>${email}</strong>` }
  const body = html`<h1>${title}</h1>
    <p>${words.parts(`email.${purpose}_text`, who)}</p>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${hiddenField('token', token)}
      <button class="button" type="submit">${words.say(`email.${purpose}_button`)}</button>
    </form>`
  return page({ title, body, frame })
}

/** After the link was used. */
export function emailDonePage({
  frame,
  homeHref,
  purpose,
}: Pick<EmailLinkPage, 'frame' | 'homeHref' | 'purpose'>): string {
  const { words } = frame
  const title = words.say(`email.${purpose}_done_title`)
  const body = html`<h1>${title}</h1>
    <p role="status">${words.say(`email.${purpose}_done`)}</p>
    <p><a class="button" href="${homeHref}">${words.say('account.go_on')}</a></p>`
  return page({ title, body, frame })
}

function changes(model: EmailPage): Html {
  const { shell, action, csrf, email, isVerified, proveHref, entered } = model
  const { words } = shell.frame
  if (proveHref !== null)
    return html`<p>${words.say('account.prove_first')}</p>
      <p><a class="button" href="${proveHref}">${words.say('account.prove')}</a></p>`
  return html`${
      !isVerified &&
      html`<form method="post" action="${action}">
        ${hiddenField('csrf', csrf)} ${hiddenField('email', email)}
        <button class="button second" type="submit">${words.say('email.send')}</button>
      </form>`
    }
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)}
      ${field({
        name: 'email',
        label: words.say('email.new'),
        type: 'email',
        autocomplete: 'email',
        value: entered?.email ?? '',
        error: entered === null ? null : words.retell(entered.fault),
        hint: words.say('email.hint'),
      })}
      <button class="button" type="submit">${words.say('email.change')}</button>
    </form>`
}
