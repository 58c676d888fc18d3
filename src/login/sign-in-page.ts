import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** Why a sign-in did not succeed, as far as the visitor may know. */
export type SignInProblem =
  | 'username_missing'
  | 'password_missing'
  | 'wrong_credentials'
  | 'too_many_attempts'
  | 'busy'
  | 'form_expired'
  | 'unavailable'

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
  readonly problem: SignInProblem | null
}

const SENTENCES: Readonly<Record<SignInProblem, string>> = {
  username_missing: 'Enter your login.',
  password_missing: 'Enter your password.',
  wrong_credentials: 'Login or password is wrong. Check both and try again.',
  too_many_attempts: 'Too many attempts. Wait a moment, then try again.',
  busy: 'Many people are signing in right now. Try again in a few seconds.',
  form_expired: 'This page was open for too long. Enter your password again.',
  unavailable: 'Signing in is not possible right now. Try again in a moment.',
}
const ALERT = 'sign-in-problem'

/** The sign-in page. Focus goes to the first field that waits for something. */
export function signInPage(model: SignInPage): string {
  const title = model.problem === null ? 'Sign in' : 'Error: Sign in'
  return page({ title, body: body(model), assetBase: model.assetBase })
}

function body({ action, csrf, rd, returnHost, username, problem }: SignInPage): Html {
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
      <button class="button" type="submit">Sign in</button>
    </form>`
}

// Wrong credentials mark both fields alike, so that nothing tells which half was wrong.
function alertOf(problem: SignInProblem | null, missing: SignInProblem): { describedBy?: string; invalid?: boolean } {
  if (problem === null) return {}
  return { describedBy: ALERT, invalid: problem === missing || problem === 'wrong_credentials' }
}
