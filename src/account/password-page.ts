import type { PasswordRules } from '../credentials/password-rules.ts'
import { field, hiddenField } from '../web/field.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'

/** What is wrong with what was entered, as a sentence for the field that it is about. */
export interface PasswordProblem {
  readonly field: 'current' | 'password'
  readonly sentence: string
}

export interface PasswordPage {
  readonly shell: AccountShell
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

interface PasswordChangedPage extends Pick<PasswordPage, 'shell'> {
  /** Where API tokens are ended. */
  readonly tokensHref: string
}

const STRENGTHS = [0, 1, 2, 3, 4] as const

/** One's own password: the current one, the new one, and how strong that is where scripts run. */
export function passwordPage(model: PasswordPage): string {
  const { shell, action, csrf, login, problem } = model
  const { words } = shell.frame
  const title = words.say('password.title')
  const body = html`<h1>${title}</h1>
    <form method="post" action="${action}" novalidate ${attributes({ 'data-strength': model.strengthAction })}>
      ${hiddenField('csrf', csrf)}
      <input type="text" name="username" value="${login}" autocomplete="username" readonly hidden />
      ${field({
        name: 'current',
        label: words.say('password.current'),
        type: 'password',
        autocomplete: 'current-password',
        error: sentenceFor('current', problem),
        autofocus: problem?.field !== 'password',
      })}
      ${field({
        name: 'password',
        label: words.say('password.new'),
        type: 'password',
        autocomplete: 'new-password',
        hint: hintOf(model.rules, words),
        error: sentenceFor('password', problem),
        autofocus: problem?.field === 'password',
        minLength: model.rules.minLength,
        describedBy: 'strength',
      })}
      ${meter(words)}
      <p class="quiet">${words.say('password.stay')}</p>
      <button class="button" type="submit">${words.say('password.submit')}</button>
    </form>`
  const shown = problem === null ? title : words.say('common.error', { title })
  return accountPage(shell, { here: 'password', title: shown, body, script: 'strength' })
}

/** After it was changed; what programs use goes on, which is told. */
export function passwordChangedPage({ shell, tokensHref }: PasswordChangedPage): string {
  const { words } = shell.frame
  const title = words.say('password.done_title')
  const body = html`<h1>${title}</h1>
    <p role="status">${words.say('password.done')}</p>
    <p class="quiet">${words.say('password.done_tokens')}</p>
    <p><a class="button" href="${shell.homeHref}">${words.say('account.go_on')}</a></p>
    <p><a class="button second" href="${tokensHref}">${words.say('password.tokens')}</a></p>`
  return accountPage(shell, { here: 'password', title, body })
}

/** Shown by the script, in words as well as by length. */
function meter(words: Words): Html {
  const texts = STRENGTHS.map((strength) => words.say(`password.strength_${strength}`)).join('|')
  return html`<p class="strength" id="strength" role="status" data-words="${texts}" hidden>
    <meter min="0" max="4" low="2" high="3" optimum="4" value="0"></meter> <span></span>
  </p>`
}

function hintOf({ minLength, classes }: PasswordRules, words: Words): string {
  const length = words.say('password.hint', { least: minLength })
  return classes === 0 ? length : `${length} ${words.say('password.classes_hint', { classes })}`
}

function sentenceFor(name: PasswordProblem['field'], problem: PasswordProblem | null): string | null {
  return problem?.field === name ? problem.sentence : null
}
