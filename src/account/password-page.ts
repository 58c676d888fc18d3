import type { PasswordRules } from '../credentials/password-rules.ts'
import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** What is wrong with what was entered, as a sentence for the field that it is about. */
export interface PasswordProblem {
  readonly field: 'current' | 'password'
  readonly sentence: string
}

export interface PasswordPage {
  readonly frame: Frame
  readonly homeHref: string
  /** Path that the form is posted to. */
  readonly action: string
  /** Path that says how strong a password is. */
  readonly strengthAction: string
  readonly csrf: string
  /** For password managers, which keep a password by it. */
  readonly login: string
  readonly rules: PasswordRules
  readonly problem: PasswordProblem | null
}

interface PasswordChangedPage extends Pick<PasswordPage, 'frame' | 'homeHref'> {
  /** Where API tokens are ended. */
  readonly tokensHref: string
}

const TITLE = 'Change your password'

/** One's own password: the current one, the new one, and how strong that is where scripts run. */
export function passwordPage(model: PasswordPage): string {
  const { frame, homeHref, action, csrf, login, problem } = model
  const body = html`<h1>${TITLE}</h1>
    <form method="post" action="${action}" novalidate ${attributes({ 'data-strength': model.strengthAction })}>
      ${hiddenField('csrf', csrf)}
      <input type="text" name="username" value="${login}" autocomplete="username" readonly hidden />
      ${field({
        name: 'current',
        label: 'Current password',
        type: 'password',
        autocomplete: 'current-password',
        error: sentenceFor('current', problem),
        autofocus: problem?.field !== 'password',
      })}
      ${field({
        name: 'password',
        label: 'New password',
        type: 'password',
        autocomplete: 'new-password',
        hint: hintOf(model.rules),
        error: sentenceFor('password', problem),
        autofocus: problem?.field === 'password',
        minLength: model.rules.minLength,
        describedBy: 'strength',
      })}
      ${meter()}
      <p class="quiet">You stay signed in here. Everywhere else you are signed out.</p>
      <button class="button" type="submit">Change the password</button>
    </form>
    <p><a class="button second" href="${homeHref}">Back</a></p>`
  return page({ title: problem === null ? TITLE : `Error: ${TITLE}`, body, frame, script: 'strength' })
}

/** After it was changed; what programs use goes on, which is told. */
export function passwordChangedPage({ frame, homeHref, tokensHref }: PasswordChangedPage): string {
  const body = html`<h1>Your password is changed</h1>
    <p role="status">You are signed out everywhere else.</p>
    <p class="quiet">API tokens still work. End those that are not yours, or that somebody else may know.</p>
    <p><a class="button" href="${homeHref}">Go on</a></p>
    <p><a class="button second" href="${tokensHref}">Your API tokens</a></p>`
  return page({ title: 'Your password is changed', body, frame })
}

/** Shown by the script, in words as well as by length. */
function meter(): Html {
  return html`<p class="strength" id="strength" role="status" hidden>
    <meter min="0" max="4" low="2" high="3" optimum="4" value="0"></meter> <span></span>
  </p>`
}

function hintOf({ minLength, classes }: PasswordRules): string {
  const length = `At least ${minLength} characters; a few words that don't belong together do well.`
  if (classes === 0) return length
  return `${length} At least ${classes} of lower-case letters, upper-case letters, digits and others.`
}

function sentenceFor(name: PasswordProblem['field'], problem: PasswordProblem | null): string | null {
  return problem?.field === name ? problem.sentence : null
}
