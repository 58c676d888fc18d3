import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Field } from '../web/field.ts'
import type { Html } from '../web/html.ts'
import type { WordName } from '../words/words.ts'

export type FirstRunField = 'username' | 'email' | 'name' | 'password'

/** What was entered before; the password is never shown again. */
export type FirstRunValues = Readonly<Record<Exclude<FirstRunField, 'password'>, string>>

/** A sentence for each field at fault. */
export type FirstRunFaults = Readonly<Partial<Record<FirstRunField, string>>>

export interface FirstRunPage {
  readonly frame: Frame
  /** Path that the form is posted to. */
  readonly action: string
  readonly csrf: string
  /** The one-time token of the link that led here; goes along in the hidden field `token`. */
  readonly token: string
  readonly values: FirstRunValues
  readonly faults: FirstRunFaults
  /** Shortest password that is taken, in characters. */
  readonly minPasswordLength: number
  /** The address that was invited, which nobody can change; null for the first administrator. */
  readonly invitedEmail: string | null
}

const FIELDS = {
  username: { autocomplete: 'username' },
  email: { autocomplete: 'email', type: 'email' },
  name: { autocomplete: 'name' },
  password: { autocomplete: 'new-password', type: 'password' },
} as const satisfies Record<FirstRunField, Omit<Field, 'name' | 'label'>>
const LABELS = {
  username: 'sign_in.login',
  email: 'first_run.email',
  name: 'first_run.name',
  password: 'sign_in.password',
} as const satisfies Record<FirstRunField, WordName>
const ORDER = ['username', 'email', 'name', 'password'] as const satisfies readonly FirstRunField[]

/** Makes the first administrator, or the account of somebody who was invited. Focus goes to the first field at fault, else to the first one. */
export function firstRunPage(model: FirstRunPage): string {
  const faulty = ORDER.some((name) => model.faults[name] !== undefined)
  const title = titleOf(model)
  const shown = faulty ? model.frame.words.say('common.error', { title }) : title
  return page({ title: shown, body: body(model, faulty), frame: model.frame })
}

function titleOf({ frame: { words }, invitedEmail }: FirstRunPage): string {
  return words.say(invitedEmail === null ? 'first_run.title' : 'first_run.title_invited')
}

function body(model: FirstRunPage, faulty: boolean): Html {
  const focused = ORDER.find((name) => model.faults[name] !== undefined) ?? 'username'
  const { invitedEmail } = model
  const { words } = model.frame
  const fields = invitedEmail === null ? ORDER : ORDER.filter((name) => name !== 'email')
  return html`<h1>${titleOf(model)}</h1>
    <p class="quiet">
      ${
        invitedEmail === null
          ? words.parts('first_run.first', { command: html`<code>postern user create</code>` })
          : words.parts('first_run.invited', { email: html`<strong>${invitedEmail}</strong>` })
      }
    </p>
    ${faulty && html`<p class="alert" role="alert">${words.say('first_run.faulty')}</p>`}
    <form method="post" action="${model.action}" novalidate>
      ${hiddenField('csrf', model.csrf)} ${hiddenField('token', model.token)}
      ${fields.map((name) => firstRunField(model, name, focused))}
      <button class="button" type="submit">${words.say('first_run.submit')}</button>
    </form>`
}

function firstRunField(model: FirstRunPage, name: FirstRunField, focused: FirstRunField): Html {
  const { words } = model.frame
  const fault = model.faults[name]
  const error = fault === undefined ? null : words.retell(fault)
  const common = { ...FIELDS[name], label: words.say(LABELS[name]), name, error, autofocus: name === focused }
  if (name !== 'password') return field({ ...common, value: model.values[name] })
  return field({ ...common, hint: words.say('new_password.hint', { count: model.minPasswordLength }) })
}
