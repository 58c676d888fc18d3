import type { KeyStatus } from '../administration/keys.ts'
import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { WordName, Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable, emptyState, moment } from './parts.ts'

export interface KeysPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly keys: readonly KeyStatus[]
  /** Null for whoever may only look. */
  readonly form: { readonly action: string; readonly csrf: Html } | null
}

const DAY_S = 86_400
const COLUMNS = ['purpose', 'id', 'use', 'made', 'age', 'next'] as const
const PURPOSES: Readonly<Record<string, WordName>> = {
  token: 'keys.token',
  pepper: 'keys.pepper',
  assertion: 'keys.assertion',
  sealing: 'keys.sealing',
  audit: 'keys.audit',
}

/** Which keys there are, never what they are. */
export function keysPage({ frame, console, keys, form }: KeysPage): string {
  const { words } = frame
  const none = emptyState({ title: words.say('console.keys'), text: words.say('keys.none') })
  const body = html`<p>${words.say('keys.intro')}</p>
    ${dataTable({
      caption: words.say('keys.caption'),
      columns: [
        ...COLUMNS.map((name) => words.say(`keys.${name}`)),
        ...(form === null ? [] : [words.say('keys.rotate')]),
      ],
      empty: none,
      rows: keys.map((key) => [...keyRow(words, key), ...(form === null ? [] : [rotateForm(words, key, keys, form)])]),
    })}
    <p>${words.say('keys.rotation')}</p>`
  return consolePage({ frame, console, title: words.say('console.keys'), body })
}

function keyRow(words: Words, key: KeyStatus): Html[] {
  return [
    html`${purposeSaid(words, key)}`,
    html`${words.number(key.id)}`,
    html`${words.say(`keys.${key.state}`)}`,
    moment(words, key.createdAt),
    html`${words.say('keys.days', { count: Math.floor(key.ageSeconds / DAY_S) })}`,
    nextOf(words, key),
  ]
}

function purposeSaid(words: Words, { purpose }: KeyStatus): string {
  const name = PURPOSES[purpose]
  return name === undefined ? purpose : words.say(name as 'keys.token')
}

function nextOf(words: Words, { purpose, state, since, needs }: KeyStatus): Html {
  switch (state) {
    case 'minting':
      return html`${words.say('keys.step_none')}`
    case 'coming':
      return html`${words.say('keys.step_mints')} ${since !== null && moment(words, since)}`
    case 'ended':
      return html`${since !== null && moment(words, since)}`
    case 'verifying': {
      if (purpose === 'audit') return html`${words.say('keys.step_for_ever')}`
      const count = needs.reduce((sum, need) => sum + need.count, 0)
      return html`${count === 0 ? words.say('keys.step_ends') : words.say('keys.step_needed', { count })}`
    }
  }
}

/** Beside the key in use, unless the next one is there. */
function rotateForm(
  words: Words,
  { purpose, state }: KeyStatus,
  keys: readonly KeyStatus[],
  { action, csrf }: { readonly action: string; readonly csrf: Html },
): Html | string {
  const isUnderWay = keys.some((key) => key.purpose === purpose && key.state === 'coming')
  if (state !== 'minting' || isUnderWay) return ''
  return html`<form method="post" action="${action}">
    ${csrf} ${hiddenField('purpose', purpose)}
    <button class="button second" type="submit" aria-label="${words.say('keys.rotate_of', { purpose })}">
      ${words.say('keys.rotate')}
    </button>
  </form>`
}
