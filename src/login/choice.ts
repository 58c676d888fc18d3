import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** A box to be checked for something that lasts. */
export interface Choice {
  readonly name: string
  /** What the form sends when it is checked. */
  readonly value: string
  readonly label: string
  readonly lastsMs: number
  /** Follows `For 30 days`. */
  readonly hint: string
  readonly isChecked: boolean
}

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const

export function choice({ name, value, label, lastsMs, hint, isChecked: checked }: Choice): Html {
  const hintId = `${name}-hint`
  const box = { type: 'checkbox', name, id: name, value, checked, 'aria-describedby': hintId }
  return html`<div class="choice">
    <input ${attributes(box)} />
    <label for="${name}">${label}</label>
    <p class="hint" id="${hintId}">For ${showLife(lastsMs)}${hint}</p>
  </div>`
}

/** Such as `30 days` or `90 minutes`, in the largest unit that says it exactly. */
function showLife(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => ms % unitMs === 0) ?? [1_000, 'second']
  const count = ms / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
