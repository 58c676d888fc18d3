import type { ApiTokenRow } from '../sessions/api-tokens-table.ts'
import type { TokenScope } from '../lib/principal.ts'
import { MAX_TOKEN_NAME, TOKEN_DAYS } from '../tokens/token-wish.ts'
import { hiddenField } from '../web/field.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { WordName, Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { fact, showTime } from './facts.ts'

/** The fields of the form, as they were filled in. */
export interface WrittenFields {
  readonly name: string
  readonly days: string
  readonly apps: string
  readonly hosts: string
  readonly paths: string
  readonly methods: string
  readonly networks: string
  /** Empty too where it isn't offered. */
  readonly api: string
}

export interface TokenForm {
  readonly values: WrittenFields
  /** For each field at fault a sentence. */
  readonly faults: Readonly<Record<string, string>>
}

export interface ApiTokensPage extends TokenForm {
  readonly shell: AccountShell
  readonly tokens: readonly ApiTokenRow[]
  /** Path that the form of a new token is posted to, and others below it. */
  readonly action: string
  readonly csrf: string
  /** Where to prove anew who one is; null for whoever has just done so and may make tokens. */
  readonly proveHref: string | null
}

const NARROWING = ['apps', 'hosts', 'paths', 'methods', 'networks'] as const

/** One's own tokens: what they are for and when they were last used, with the means to end them and to make another. */
export function apiTokensPage(model: ApiTokensPage): string {
  const { shell, tokens, proveHref } = model
  const { words } = shell.frame
  const title = words.say('tokens.title')
  const body = html`<h1>${title}</h1>
    <p class="quiet">${words.say('tokens.hint')}</p>
    ${tokens.map((token) => tokenItem(token, model))}
    ${
      proveHref === null
        ? newTokenForm(model)
        : html`<p>${words.say('tokens.prove')}</p>
            <p><a class="button" href="${proveHref}">${words.say('account.prove')}</a></p>`
    }`
  return accountPage(shell, { here: 'tokens', title, body })
}

/** A new token, this once. The button that copies it is there where there is JavaScript. */
export function newApiTokenPage(model: {
  readonly shell: AccountShell
  readonly token: string
  readonly expiresAt: Date
  readonly backHref: string
}): string {
  const { shell, token, expiresAt, backHref } = model
  const { words } = shell.frame
  const title = words.say('tokens.yours')
  const copy = { type: 'button', 'data-copy': 'token', 'data-copied': words.say('tokens.copied'), hidden: true }
  const body = html`<h1>${title}</h1>
    <p>${words.parts('tokens.yours_hint', { time: showTime(expiresAt, words) })}</p>
    <p><code id="token">${token}</code></p>
    <p><button class="button" ${attributes(copy)}>${words.say('tokens.copy')}</button></p>
    <p class="quiet">${words.parts('tokens.sent_as', { bearer: html`<code>Authorization: Bearer …</code>` })}</p>
    <p><a class="button second" href="${backHref}">${words.say('tokens.kept')}</a></p>`
  return accountPage(shell, { here: 'tokens', title, body, script: 'copy' })
}

function tokenItem(token: ApiTokenRow, { shell, action, csrf }: ApiTokensPage): Html {
  const { id, name, prefix, created_at: createdAt, last_used_at: lastUsedAt, expires_at: expiresAt } = token
  const { words } = shell.frame
  const lastUsed = lastUsedAt === null ? words.say('account.never') : showTime(lastUsedAt, words)
  return html`<section aria-label="${name}">
    <h2>${name}</h2>
    <dl class="facts">
      ${fact(words.say('tokens.begins'), prefix)} ${fact(words.say('tokens.for'), scopeWords(words, token))}
      ${fact(words.say('tokens.made'), showTime(createdAt, words))} ${fact(words.say('tokens.last_used'), lastUsed)}
      ${fact(words.say('tokens.good_until'), showTime(expiresAt, words))}
    </dl>
    <form method="post" action="${`${action}/revoke`}">
      ${hiddenField('csrf', csrf)} ${hiddenField('id', id)}
      <button class="button second" type="submit" aria-label="${words.say('tokens.revoke_one', { name })}">
        ${words.say('tokens.revoke')}
      </button>
    </form>
  </section>`
}

/** What a token is for, in one line. */
function scopeWords(words: Words, { apps, hosts, methods, paths, networks, api }: TokenScope): string {
  const lists = [apps, hosts, methods, paths].flatMap((list) => (list === null ? [] : [list.join(' ')]))
  const from = networks === null ? [] : [words.say('tokens.from_networks', { networks: networks.join(' ') })]
  const narrowed = [...lists, ...from]
  const opens = narrowed.length === 0 ? [words.say('tokens.for_all')] : narrowed
  const calls = api === null ? [] : [words.say('tokens.and_api', { permissions: api.join(' ') })]
  return [...opens, ...calls].join(', ')
}

function newTokenForm({ shell, action, csrf, values, faults }: ApiTokensPage): Html {
  const { words } = shell.frame
  const isNarrowed = NARROWING.some((name) => values[name] !== '')
  const shown = (name: keyof WrittenFields): InputModel => ({
    label: `tokens.${name}`,
    hint: words.say(`tokens.${name}_hint`, { most: TOKEN_DAYS.most }),
    value: values[name],
    error: faults[name],
  })
  const days = { ...shown('days'), required: true, inputmode: 'numeric', maxlength: 4 }
  return html`<h2>${words.say('tokens.new')}</h2>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)}
      ${input(words, 'name', { ...shown('name'), required: true, maxlength: MAX_TOKEN_NAME })}
      ${input(words, 'days', days)}
      <details ${attributes({ open: isNarrowed })}>
        <summary>${words.say('tokens.narrow')}</summary>
        ${NARROWING.map((name) => input(words, name, shown(name)))}
      </details>
      ${shell.consoleHref !== null && input(words, 'api', shown('api'))}
      <button class="button" type="submit">${words.say('tokens.make')}</button>
    </form>`
}

interface InputModel {
  readonly label: Extract<WordName, `tokens.${keyof WrittenFields}`>
  readonly hint: string
  readonly value: string
  /** In English, as it is told to programs. */
  readonly error: string | undefined
  readonly required?: boolean
  readonly inputmode?: string
  readonly maxlength?: number
}

/** As `field` has them, but it may be left empty. */
function input(words: Words, name: keyof WrittenFields, model: InputModel): Html {
  const { label, hint, value, error, required = false, inputmode = null, maxlength = null } = model
  const described = error === undefined ? `${name}-hint` : `${name}-hint ${name}-error`
  const given = {
    id: name,
    name,
    value,
    required,
    inputmode,
    maxlength,
    autocomplete: 'off',
    autocapitalize: name === 'name' ? null : 'none',
    'aria-describedby': described,
    'aria-invalid': error === undefined ? null : 'true',
  }
  return html`<div class="field">
    <label for="${name}">${words.say(label)}</label>
    <p class="hint" id="${`${name}-hint`}">${hint}</p>
    ${error !== undefined && html`<p class="error" id="${`${name}-error`}" role="alert">${words.retell(error)}</p>`}
    <input ${attributes(given)} />
  </div>`
}
