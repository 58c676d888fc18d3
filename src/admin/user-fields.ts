import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { hiddenField } from '../web/field.ts'
import type { Words } from '../words/words.ts'

interface Control {
  readonly name: string
  /** Unique on the page; the name unless given. */
  readonly id?: string
  readonly label: string | readonly (string | Html)[]
  readonly value?: string
  readonly hint?: string
  /** What is wrong with it, in English as the level below said it. */
  readonly fault?: string | undefined
}

export interface TextControl extends Control {
  readonly type?: 'text' | 'email' | 'search'
  readonly required?: boolean
  readonly maxLength?: number
}

export interface SelectControl extends Control {
  readonly options: readonly { readonly value: string; readonly text: string }[]
}

/** A labelled text field that may be left empty unless it is required. */
export function textControl(words: Words, control: TextControl): Html {
  const { name, id = name, type = 'text', value = '', required = false, maxLength = null } = control
  const own = { type, value, required, maxlength: maxLength, autocomplete: 'off', autocapitalize: 'none' }
  return around(words, control, html`<input ${attributes({ id, name, ...own, ...explained(control) })} />`)
}

/** A labelled choice of one of several. */
export function selectControl(words: Words, control: SelectControl): Html {
  const { name, id = name, value = '', options } = control
  const list = options.map(
    (option) =>
      html`<option ${attributes({ value: option.value, selected: option.value === value })}>${option.text}</option>`,
  )
  return around(
    words,
    control,
    html`<select ${attributes({ id, name, ...explained(control) })}>
      ${list}
    </select>`,
  )
}

export interface ButtonForm {
  readonly action: string
  /** What `csrfField` makes. */
  readonly csrf: Html
  readonly text: string
  /** What screen readers say where the text alone doesn't tell what it is about. */
  readonly label?: string
  readonly look?: 'second' | 'danger'
  readonly hidden?: Readonly<Record<string, string>>
}

/** A form that is only a button. */
export function buttonForm({ action, csrf, text, label, look = 'second', hidden = {} }: ButtonForm): Html {
  const fields = Object.entries(hidden).map(([name, value]) => hiddenField(name, value))
  const own = { class: `button ${look}`, 'aria-label': label ?? null }
  return html`<form method="post" action="${action}">
    ${csrf} ${fields}
    <button type="submit" ${attributes(own)}>${text}</button>
  </form>`
}

function around(words: Words, { name, id = name, label, hint, fault }: Control, control: Html): Html {
  return html`<div class="field">
    <label for="${id}">${label}</label>
    ${hint !== undefined && html`<p class="hint" id="${`${id}-hint`}">${hint}</p>`}
    ${fault !== undefined && html`<p class="error" id="${`${id}-error`}" role="alert">${words.retell(fault)}</p>`}
    ${control}
  </div>`
}

function explained({ name, id = name, hint, fault }: Control): Record<string, string | null> {
  const ids = [hint !== undefined && `${id}-hint`, fault !== undefined && `${id}-error`].filter(
    (each) => each !== false,
  )
  return {
    'aria-describedby': ids.length === 0 ? null : ids.join(' '),
    'aria-invalid': fault === undefined ? null : 'true',
  }
}
