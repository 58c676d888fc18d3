import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** A box to be checked for something that lasts. */
export interface Choice {
  readonly name: string
  /** What the form sends when it is checked. */
  readonly value: string
  readonly label: string
  readonly hint: string
  readonly isChecked: boolean
}

export function choice({ name, value, label, hint, isChecked: checked }: Choice): Html {
  const hintId = `${name}-hint`
  const box = { type: 'checkbox', name, id: name, value, checked, 'aria-describedby': hintId }
  return html`<div class="choice">
    <input ${attributes(box)} />
    <label for="${name}">${label}</label>
    <p class="hint" id="${hintId}">${hint}</p>
  </div>`
}
