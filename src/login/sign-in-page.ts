import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { choice } from './choice.ts'
import { onwardTo } from './onward-to.ts'

/** Why a sign-in did not succeed, as far as the visitor may know. */
export type SignInProblem =
  | 'username_missing'
  | 'password_missing'
  | 'wrong_credentials'
  | 'passkey_refused'
  | 'busy'
  | 'stopped'
  | 'form_expired'
  | 'cookie_missing'
  | 'expired'

export interface SignInPage {
  readonly frame: Frame
  /** Path that the form is posted to. */
  readonly action: string
  /** Path that the answer of a passkey is posted to, `/options` below it asks for one; null where none are offered. */
  readonly passkeyAction?: string | null
  readonly csrf: string
  /** The signed return address, or null to stay on the portal. */
  readonly rd: string | null
  /** Host that the visitor returns to, for people to see; null when it is the portal. */
  readonly returnHost: string | null
  /** What was entered as login; empty at first. */
  readonly username: string
  /** How long a sign-in would last on the device; null or left out where that isn't offered. */
  readonly remember?: { readonly lastsMs: number; readonly isChecked: boolean } | null
  /** Where whoever forgot a password goes; null or left out where there is no mail server. */
  readonly resetHref?: string | null
  readonly problem: SignInProblem | null
}

/** What the form sends as `remember` when its box is checked. */
export const REMEMBER = 'yes'

const ALERT = 'sign-in-problem'
const PASSKEY_ALERT = 'passkey-problem'

/** The sign-in page. Focus goes to the first field that waits for something. */
export function signInPage(model: SignInPage): string {
  const { words } = model.frame
  const heading = words.say('sign_in.title')
  const title = model.problem === null ? heading : words.say('common.error', { title: heading })
  const script = hasPasskeys(model) ? { script: 'passkey' as const } : {}
  return page({ title, body: body(model), frame: model.frame, ...script })
}

function hasPasskeys({ passkeyAction = null }: SignInPage): boolean {
  return passkeyAction !== null
}

function body(model: SignInPage): Html {
  const { words } = model.frame
  const { action, csrf, rd, returnHost, username, remember = null, resetHref = null, problem } = model
  const onUsername = problem === 'username_missing' || username === ''
  return html`<h1>${words.say('sign_in.title')}</h1>
    ${returnHost !== null && onwardTo(words, returnHost)}
    ${problem !== null && html`<p class="alert" id="${ALERT}" role="alert">${words.say(`sign_in.${problem}`)}</p>`}
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)}
      ${field({
        name: 'username',
        label: words.say('sign_in.login'),
        value: username,
        autocomplete: hasPasskeys(model) ? 'username webauthn' : 'username',
        autofocus: onUsername,
        ...alertOf(problem, 'username_missing'),
      })}
      ${field({
        name: 'password',
        label: words.say('sign_in.password'),
        type: 'password',
        autocomplete: 'current-password',
        autofocus: !onUsername,
        ...alertOf(problem, 'password_missing'),
      })}
      ${remember !== null && rememberChoice(words, remember)}
      <button class="button" type="submit">${words.say('sign_in.submit')}</button>
    </form>
    ${
      resetHref !== null && html`<p><a class="button second" href="${resetHref}">${words.say('sign_in.forgot')}</a></p>`
    }
    ${passkeyForm(model)}`
}

/** Beside the other form, so that the browser can offer passkeys in its fields as well. */
function passkeyForm({ frame: { words }, passkeyAction = null, csrf, rd }: SignInPage): Html | false {
  if (passkeyAction === null) return false
  const form = {
    method: 'post',
    action: passkeyAction,
    class: 'passkey',
    'data-passkey': 'get',
    'data-passkey-offer': true,
    'data-options-from': `${passkeyAction}/options`,
    'aria-describedby': PASSKEY_ALERT,
  }
  return html`<form ${attributes(form)}>
    ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)} ${hiddenField('response', '')}
    <p class="alert" id="${PASSKEY_ALERT}" role="alert" data-passkey-problem hidden>
      ${words.say('sign_in.passkey_problem')}
    </p>
    <button class="button second" type="submit">${words.say('sign_in.passkey')}</button>
  </form>`
}

function rememberChoice(words: Words, { lastsMs, isChecked }: NonNullable<SignInPage['remember']>): Html {
  const label = words.say('sign_in.remember')
  const hint = words.say('sign_in.remember_hint', { time: words.life(lastsMs) })
  return choice({ name: 'remember', value: REMEMBER, label, hint, isChecked })
}

// Wrong credentials mark both fields alike, so that nothing tells which half was wrong.
function alertOf(problem: SignInProblem | null, missing: SignInProblem): { describedBy?: string; invalid?: boolean } {
  if (problem === null) return {}
  return { describedBy: ALERT, invalid: problem === missing || problem === 'wrong_credentials' }
}
