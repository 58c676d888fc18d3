import type { SecondFactorName } from '../credentials/factors.ts'
import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { choice } from './choice.ts'

/** Why a second factor was not taken, as far as the visitor may know. */
export type SecondFactorProblem = 'wrong' | 'missing' | 'stopped' | 'form_expired'

export interface SecondFactorPage {
  readonly frame: Frame
  readonly title: string
  /** Path that the form is posted to. */
  readonly action: string
  /** Path that a passkey's challenge is asked for at. */
  readonly optionsFrom: string
  readonly csrf: string
  /** The signed return address, or null to stay on the portal. */
  readonly rd: string | null
  /** Host that the visitor returns to, for people to see; null when it is the portal. */
  readonly returnHost: string | null
  /** Which one is asked for here; the others are a link away. */
  readonly wants: SecondFactorName
  readonly others: readonly { readonly factor: SecondFactorName; readonly href: string }[]
  /** How long the device can be trusted; null where that isn't offered. */
  readonly trustMs: number | null
  readonly problem: SecondFactorProblem | null
  /** The way out. */
  readonly cancelHref: string
}

/** What the form sends as `trust` when its box is checked. */
export const TRUST = 'yes'

const SENTENCES: Readonly<Record<SecondFactorProblem, string>> = {
  wrong: 'That was not accepted. Try again, with a new code.',
  missing: 'Enter the code.',
  stopped: 'There were too many attempts. Try again later.',
  form_expired: 'This page was open for too long. Try again.',
}
const OTHER_WAYS: Readonly<Record<SecondFactorName, string>> = {
  totp: 'Use the code of an app instead',
  webauthn: 'Use a passkey or security key instead',
  recovery: 'Use a recovery code instead',
}
const ALERT = 'second-factor-problem'
const PASSKEY_ALERT = 'passkey-problem'

/** Asks for one further factor; codes work without JavaScript. */
export function secondFactorPage(model: SecondFactorPage): string {
  const { frame, problem, title, wants } = model
  const script = wants === 'webauthn' ? { script: 'passkey' as const } : {}
  return page({ title: problem === null ? title : `Error: ${title}`, body: body(model), frame, ...script })
}

function body(model: SecondFactorPage): Html {
  const { title, returnHost, problem, others, cancelHref } = model
  return html`<h1>${title}</h1>
    ${returnHost !== null && html`<p class="quiet">to go on to <strong>${returnHost}</strong></p>`}
    ${problem !== null && html`<p class="alert" id="${ALERT}" role="alert">${SENTENCES[problem]}</p>`}
    ${model.wants === 'webauthn' ? passkeyForm(model) : codeForm(model)}
    ${others.map(({ factor, href }) => html`<p><a href="${href}">${OTHER_WAYS[factor]}</a></p>`)}
    <p><a href="${cancelHref}">Cancel</a></p>`
}

function codeForm({ action, csrf, rd, wants, trustMs, problem }: SecondFactorPage): Html {
  const isCode = wants === 'totp'
  return html`<form method="post" action="${action}" novalidate>
    ${hiddenField('csrf', csrf)} ${hiddenField('factor', wants)} ${rd !== null && hiddenField('rd', rd)}
    ${field({
      name: 'code',
      label: isCode ? 'Code' : 'Recovery code',
      hint: isCode ? 'Six digits from your authenticator app.' : 'One of the codes that you were told to keep.',
      autocomplete: isCode ? 'one-time-code' : 'off',
      autofocus: true,
      ...(isCode && { inputMode: 'numeric' as const }),
      ...(problem !== null && { describedBy: ALERT, invalid: problem === 'wrong' || problem === 'missing' }),
    })}
    ${trustMs !== null && trustChoice(trustMs)}
    <button class="button" type="submit">Continue</button>
  </form>`
}

function passkeyForm({ action, optionsFrom, csrf, rd, trustMs }: SecondFactorPage): Html {
  const form = {
    method: 'post',
    action,
    'data-passkey': 'get',
    'data-options-from': optionsFrom,
    'aria-describedby': PASSKEY_ALERT,
  }
  return html`<form ${attributes(form)}>
    ${hiddenField('csrf', csrf)} ${hiddenField('factor', 'webauthn')} ${rd !== null && hiddenField('rd', rd)}
    ${hiddenField('response', '')}
    <p>Have your security key at hand, or the device with your passkey.</p>
    <p class="alert" id="${PASSKEY_ALERT}" role="alert" data-passkey-problem hidden>
      Nothing was accepted. Try again, or use another way.
    </p>
    <noscript><p class="alert">Passkeys need JavaScript. Allow it for this page, or use another way.</p></noscript>
    ${trustMs !== null && trustChoice(trustMs)}
    <button class="button" type="submit">Use passkey or security key</button>
  </form>`
}

function trustChoice(lastsMs: number): Html {
  const label = 'Trust this device'
  const hint =
    ' you will not be asked for a second factor here when you sign in. Leave it off on a device that others use.'
  return choice({ name: 'trust', value: TRUST, label, lastsMs, hint, isChecked: false })
}
