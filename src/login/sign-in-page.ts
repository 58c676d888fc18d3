import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { choice } from './choice.ts'

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

const SENTENCES: Readonly<Record<SignInProblem, string>> = {
  username_missing: 'Enter your login.',
  password_missing: 'Enter your password.',
  wrong_credentials: 'Login or password is wrong. Check both and try again.',
  passkey_refused: 'This passkey was not accepted. Try again, or enter login and password.',
  stopped: 'There were too many attempts. Try again later.',
  expired: 'That took too long, or had too many tries. Begin again.',
  busy: 'Many people are signing in right now. Try again in a few seconds.',
  form_expired: 'This page was open for too long. Enter your password again.',
  cookie_missing:
    'Your browser did not send back the cookie of this page. Allow cookies for this address, see that it begins with https, and enter your password again.',
}
const ALERT = 'sign-in-problem'
const PASSKEY_ALERT = 'passkey-problem'

/** The sign-in page. Focus goes to the first field that waits for something. */
export function signInPage(model: SignInPage): string {
  const title = model.problem === null ? 'Sign in' : 'Error: Sign in'
  const script = hasPasskeys(model) ? { script: 'passkey' as const } : {}
  return page({ title, body: body(model), frame: model.frame, ...script })
}

function hasPasskeys({ passkeyAction = null }: SignInPage): boolean {
  return passkeyAction !== null
}

function body(model: SignInPage): Html {
  const { action, csrf, rd, returnHost, username, remember = null, resetHref = null, problem } = model
  const onUsername = problem === 'username_missing' || username === ''
  return html`<h1>Sign in</h1>
    ${returnHost !== null && html`<p class="quiet">to go on to <strong>${returnHost}</strong></p>`}
    ${problem !== null && html`<p class="alert" id="${ALERT}" role="alert">${SENTENCES[problem]}</p>`}
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)}
      ${field({
        name: 'username',
        label: 'Login',
        value: username,
        autocomplete: hasPasskeys(model) ? 'username webauthn' : 'username',
        autofocus: onUsername,
        ...alertOf(problem, 'username_missing'),
      })}
      ${field({
        name: 'password',
        label: 'Password',
        type: 'password',
        autocomplete: 'current-password',
        autofocus: !onUsername,
        ...alertOf(problem, 'password_missing'),
      })}
      ${remember !== null && rememberChoice(remember)}
      <button class="button" type="submit">Sign in</button>
    </form>
    ${resetHref !== null && html`<p><a class="button second" href="${resetHref}">Forgot your password?</a></p>`}
    ${passkeyForm(model)}`
}

/** Beside the other form, so that the browser can offer passkeys in its fields as well. */
function passkeyForm({ passkeyAction = null, csrf, rd }: SignInPage): Html | false {
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
      No passkey was accepted. Try again, or enter login and password.
    </p>
    <button class="button second" type="submit">Use a passkey instead</button>
  </form>`
}

function rememberChoice({ lastsMs, isChecked }: NonNullable<SignInPage['remember']>): Html {
  const label = 'Stay signed in on this device'
  const hint = '. Leave it off on a device that others use.'
  return choice({ name: 'remember', value: REMEMBER, label, lastsMs, hint, isChecked })
}

// Wrong credentials mark both fields alike, so that nothing tells which half was wrong.
function alertOf(problem: SignInProblem | null, missing: SignInProblem): { describedBy?: string; invalid?: boolean } {
  if (problem === null) return {}
  return { describedBy: ALERT, invalid: problem === missing || problem === 'wrong_credentials' }
}
