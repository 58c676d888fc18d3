import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

export interface Choice {
  readonly name: string
  readonly label: string
  readonly options: readonly string[]
  readonly chosen: string
}

/** A list to choose one from. */
export function choiceField({ name, label, options, chosen }: Choice): Html {
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${options.map(
        (option) => html`<option value="${option}" ${attributes({ selected: option === chosen })}>${option}</option>`,
      )}
    </select>
  </div>`
}

export interface TextChoice {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly error?: string | null
  readonly maxlength: number
  readonly required?: boolean
}

/** A text that may be left empty unless required. */
export function textField({ name, label, hint, value, error = null, maxlength, required = false }: TextChoice): Html {
  const described = [hint === '' ? '' : `${name}-hint`, error === null ? '' : `${name}-error`].filter(Boolean).join(' ')
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint !== '' && html`<p class="hint" id="${`${name}-hint`}">${hint}</p>`}
    ${error !== null && html`<p class="error" id="${`${name}-error`}" role="alert">${error}</p>`}
    <input
      ${attributes({
        id: name,
        name,
        value,
        maxlength,
        required,
        autocomplete: 'off',
        'aria-describedby': described === '' ? null : described,
        'aria-invalid': error === null ? null : 'true',
      })}
    />
  </div>`
}
