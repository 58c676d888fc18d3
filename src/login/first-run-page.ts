import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Field } from '../web/field.ts'
import type { Html } from '../web/html.ts'

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
  username: { label: 'Login', autocomplete: 'username' },
  email: { label: 'E-mail', autocomplete: 'email', type: 'email' },
  name: { label: 'Name', autocomplete: 'name' },
  password: { label: 'Password', autocomplete: 'new-password', type: 'password' },
} as const satisfies Record<FirstRunField, Omit<Field, 'name'>>
const ORDER = ['username', 'email', 'name', 'password'] as const satisfies readonly FirstRunField[]

/** Makes the first administrator, or the account of somebody who was invited. Focus goes to the first field at fault, else to the first one. */
export function firstRunPage(model: FirstRunPage): string {
  const faulty = ORDER.some((name) => model.faults[name] !== undefined)
  const title = titleOf(model)
  return page({ title: faulty ? `Error: ${title}` : title, body: body(model, faulty), frame: model.frame })
}

function titleOf({ invitedEmail }: FirstRunPage): string {
  return invitedEmail === null ? 'Set up Postern' : 'Make your account'
}

function body(model: FirstRunPage, faulty: boolean): Html {
  const focused = ORDER.find((name) => model.faults[name] !== undefined) ?? 'username'
  const { invitedEmail } = model
  const fields = invitedEmail === null ? ORDER : ORDER.filter((name) => name !== 'email')
  return html`<h1>${titleOf(model)}</h1>
    ${
      invitedEmail === null
        ? html`<p class="quiet">Make the first account. Others are made with <code>postern user create</code>.</p>`
        : html`<p class="quiet">You were invited as <strong>${invitedEmail}</strong>.</p>`
    }
    ${faulty && html`<p class="alert" role="alert">Nothing was saved yet. Mend what is marked below.</p>`}
    <form method="post" action="${model.action}" novalidate>
      ${hiddenField('csrf', model.csrf)} ${hiddenField('token', model.token)}
      ${fields.map((name) => firstRunField(model, name, focused))}
      <button class="button" type="submit">Create the account</button>
    </form>`
}

function firstRunField(model: FirstRunPage, name: FirstRunField, focused: FirstRunField): Html {
  const error = model.faults[name] ?? null
  const common = { ...FIELDS[name], name, error, autofocus: name === focused }
  if (name !== 'password') return field({ ...common, value: model.values[name] })
  return field({ ...common, hint: `${model.minPasswordLength} characters or more. A few words are easy to remember.` })
}
