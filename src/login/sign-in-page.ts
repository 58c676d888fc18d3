import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** Why a sign-in did not succeed, as far as the visitor may know. */
export type SignInProblem =
  | 'username_missing'
  | 'password_missing'
  | 'wrong_credentials'
  | 'busy'
  | 'form_expired'
  | 'cookie_missing'

export interface SignInPage {
  readonly assetBase: string
  /** Path that the form is posted to. */
  readonly action: string
  readonly csrf: string
  /** The signed return address, or null to stay on the portal. */
  readonly rd: string | null
  /** Host that the visitor returns to, for people to see; null when it is the portal. */
  readonly returnHost: string | null
  /** What was entered as login; empty at first. */
  readonly username: string
  /** How long a sign-in would last on the device; null or left out where that isn't offered. */
  readonly remember?: { readonly lastsMs: number; readonly isChecked: boolean } | null
  readonly problem: SignInProblem | null
}

/** What the form sends as `remember` when its box is checked. */
export const REMEMBER = 'yes'

const SENTENCES: Readonly<Record<SignInProblem, string>> = {
  username_missing: 'Enter your login.',
  password_missing: 'Enter your password.',
  wrong_credentials: 'Login or password is wrong. Check both and try again.',
  busy: 'Many people are signing in right now. Try again in a few seconds.',
  form_expired: 'This page was open for too long. Enter your password again.',
  cookie_missing:
    'Your browser did not send back the cookie of this page. Allow cookies for this address, see that it begins with https, and enter your password again.',
}
const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const
const ALERT = 'sign-in-problem'

/** The sign-in page. Focus goes to the first field that waits for something. */
export function signInPage(model: SignInPage): string {
  const title = model.problem === null ? 'Sign in' : 'Error: Sign in'
  return page({ title, body: body(model), assetBase: model.assetBase })
}

function body({ action, csrf, rd, returnHost, username, remember = null, problem }: SignInPage): Html {
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
        autocomplete: 'username',
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
    </form>`
}

function rememberChoice({ lastsMs, isChecked: checked }: NonNullable<SignInPage['remember']>): Html {
  const hint = 'remember-hint'
  const box = { type: 'checkbox', name: 'remember', id: 'remember', value: REMEMBER, checked, 'aria-describedby': hint }
  return html`<div class="choice">
    <input ${attributes(box)} />
    <label for="remember">Stay signed in on this device</label>
    <p class="hint" id="${hint}">For ${showLife(lastsMs)}. Leave it off on a device that others use.</p>
  </div>`
}

/** Such as `30 days` or `90 minutes`, in the largest unit that says it exactly. */
function showLife(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => ms % unitMs === 0) ?? [1_000, 'second']
  const count = ms / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

// Wrong credentials mark both fields alike, so that nothing tells which half was wrong.
function alertOf(problem: SignInProblem | null, missing: SignInProblem): { describedBy?: string; invalid?: boolean } {
  if (problem === null) return {}
  return { describedBy: ALERT, invalid: problem === missing || problem === 'wrong_credentials' }
}
