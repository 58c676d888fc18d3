import type { SecondFactorName } from '../credentials/factors.ts'
import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { choice } from './choice.ts'
import { onwardTo } from './onward-to.ts'

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

const ALERT = 'second-factor-problem'
const PASSKEY_ALERT = 'passkey-problem'

/** Asks for one further factor; codes work without JavaScript. */
export function secondFactorPage(model: SecondFactorPage): string {
  const { frame, problem, title, wants } = model
  const script = wants === 'webauthn' ? { script: 'passkey' as const } : {}
  const shown = problem === null ? title : frame.words.say('common.error', { title })
  return page({ title: shown, body: body(model), frame, ...script })
}

function body(model: SecondFactorPage): Html {
  const { title, returnHost, problem, others, cancelHref } = model
  const { words } = model.frame
  return html`<h1>${title}</h1>
    ${returnHost !== null && onwardTo(words, returnHost)}
    ${
      problem !== null && html`<p class="alert" id="${ALERT}" role="alert">${words.say(`second_factor.${problem}`)}</p>`
    }
    ${model.wants === 'webauthn' ? passkeyForm(model) : codeForm(model)}
    ${others.map(({ factor, href }) => html`<p><a href="${href}">${words.say(`second_factor.use_${factor}`)}</a></p>`)}
    <p><a href="${cancelHref}">${words.say('common.cancel')}</a></p>`
}

function codeForm({ frame: { words }, action, csrf, rd, wants, trustMs, problem }: SecondFactorPage): Html {
  const isCode = wants === 'totp'
  return html`<form method="post" action="${action}" novalidate>
    ${hiddenField('csrf', csrf)} ${hiddenField('factor', wants)} ${rd !== null && hiddenField('rd', rd)}
    ${field({
      name: 'code',
      label: words.say(isCode ? 'second_factor.code' : 'second_factor.recovery_code'),
      hint: words.say(isCode ? 'second_factor.code_hint' : 'second_factor.recovery_hint'),
      autocomplete: isCode ? 'one-time-code' : 'off',
      autofocus: true,
      ...(isCode && { inputMode: 'numeric' as const }),
      ...(problem !== null && { describedBy: ALERT, invalid: problem === 'wrong' || problem === 'missing' }),
    })}
    ${trustMs !== null && trustChoice(words, trustMs)}
    <button class="button" type="submit">${words.say('common.continue')}</button>
  </form>`
}

function passkeyForm({ frame: { words }, action, optionsFrom, csrf, rd, trustMs }: SecondFactorPage): Html {
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
    <p>${words.say('second_factor.have_key')}</p>
    <p class="alert" id="${PASSKEY_ALERT}" role="alert" data-passkey-problem hidden>
      ${words.say('second_factor.passkey_problem')}
    </p>
    <noscript><p class="alert">${words.say('second_factor.no_script')}</p></noscript>
    ${trustMs !== null && trustChoice(words, trustMs)}
    <button class="button" type="submit">${words.say('second_factor.use_key')}</button>
  </form>`
}

function trustChoice(words: Words, lastsMs: number): Html {
  const label = words.say('second_factor.trust')
  const hint = words.say('second_factor.trust_hint', { time: words.life(lastsMs) })
  return choice({ name: 'trust', value: TRUST, label, hint, isChecked: false })
}
