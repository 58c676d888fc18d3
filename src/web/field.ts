import { attributes, html } from './html.ts'
import type { Html } from './html.ts'

/** One labelled input of a form. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password'
  /** What was entered before; never for passwords. */
  readonly value?: string
  /** Token of the HTML standard's autofill list. */
  readonly autocomplete: string
  readonly hint?: string
  /** What is wrong with this field, as a sentence. */
  readonly error?: string | null
  /** Ids of further elements that explain the field, such as an alert above the form. */
  readonly describedBy?: string
  readonly invalid?: boolean
  readonly autofocus?: boolean
  readonly minLength?: number
  /** The keyboard that small devices show. */
  readonly inputMode?: 'numeric'
}

/** A field with its label above, then hint and error, both tied to the input for screen readers. */
export function field(model: Field): Html {
  const { name, label, hint, error = null } = model
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint !== undefined && html`<p class="hint" id="${`${name}-hint`}">${hint}</p>`}
    ${error !== null && html`<p class="error" id="${`${name}-error`}" role="alert">${error}</p>`}
    <input ${attributes(inputAttributes(model))} />
  </div>`
}

/** A field that people don't see. */
export function hiddenField(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`
}

function inputAttributes(model: Field): Record<string, string | number | boolean | null> {
  const { name, type = 'text', error = null, hint, describedBy } = model
  const explainedBy = [describedBy, hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
  return {
    id: name,
    name,
    type,
    value: model.value ?? null,
    required: true,
    minlength: model.minLength ?? null,
    inputmode: model.inputMode ?? null,
    autocomplete: model.autocomplete,
    autocapitalize: name === 'username' ? 'none' : null,
    spellcheck: name === 'username' ? 'false' : null,
    'aria-describedby': explainedBy === '' ? null : explainedBy,
    'aria-invalid': model.invalid === true || error !== null ? 'true' : null,
    autofocus: model.autofocus ?? false,
  }
}
