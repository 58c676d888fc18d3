import type { ApiTokenRow } from '../sessions/api-tokens-table.ts'
import { describeScope } from '../tokens/token-report.ts'
import { MAX_TOKEN_NAME, TOKEN_DAYS } from '../tokens/token-wish.ts'
import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
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
}

export interface TokenForm {
  readonly values: WrittenFields
  /** For each field at fault a sentence. */
  readonly faults: Readonly<Record<string, string>>
}

export interface ApiTokensPage extends TokenForm {
  readonly frame: Frame
  readonly tokens: readonly ApiTokenRow[]
  /** Path that the form of a new token is posted to, and others below it. */
  readonly action: string
  readonly csrf: string
  readonly homeHref: string
  /** Where to prove anew who one is; null for whoever has just done so and may make tokens. */
  readonly proveHref: string | null
}

interface NarrowingField {
  readonly name: Exclude<keyof WrittenFields, 'name' | 'days'>
  readonly label: string
  readonly hint: string
}

const NARROWING: readonly NarrowingField[] = [
  { name: 'apps', label: 'Apps', hint: 'Their names, such as wiki. Part several by blanks, here and below.' },
  { name: 'hosts', label: 'Hosts', hint: 'Such as wiki.example.com, where an app has several.' },
  { name: 'paths', label: 'Paths', hint: 'Such as /api/** for all below /api.' },
  { name: 'methods', label: 'Methods', hint: 'Such as GET, to read only.' },
  { name: 'networks', label: 'Networks', hint: 'Such as 192.0.2.0/24, where the program runs.' },
]

/** One's own tokens: what they are for and when they were last used, with the means to end them and to make another. */
export function apiTokensPage(model: ApiTokensPage): string {
  const { frame, tokens, homeHref, proveHref } = model
  const body = html`<h1>API tokens</h1>
    <p class="quiet">
      For programs that open apps in your name. A token does what you may do, without a sign-in, so give each no more
      than it needs. All times are UTC.
    </p>
    ${tokens.map((token) => tokenItem(token, model))}
    ${
      proveHref === null
        ? newTokenForm(model)
        : html`<p>To make a token, prove once more who you are.</p>
            <p><a class="button" href="${proveHref}">Prove who you are</a></p>`
    }
    <p><a class="button second" href="${homeHref}">Back</a></p>`
  return page({ title: 'API tokens', body, frame })
}

/** A new token, this once. The button that copies it is there where there is JavaScript. */
export function newApiTokenPage(model: {
  readonly frame: Frame
  readonly token: string
  readonly expiresAt: Date
  readonly backHref: string
}): string {
  const { frame, token, expiresAt, backHref } = model
  const body = html`<h1>Your new token</h1>
    <p>Put it where the program finds it. It is not shown again, and is good until ${showTime(expiresAt)}.</p>
    <p><code id="token">${token}</code></p>
    <p><button class="button" type="button" data-copy="token" hidden>Copy</button></p>
    <p class="quiet">
      The program sends it as <code>Authorization: Bearer …</code>, or as the password of Basic with your login as the
      name.
    </p>
    <p><a class="button second" href="${backHref}">I have kept it</a></p>`
  return page({ title: 'Your new token', body, frame, script: 'copy' })
}

function tokenItem(token: ApiTokenRow, { action, csrf }: ApiTokensPage): Html {
  const { id, name, prefix, created_at: createdAt, last_used_at: lastUsedAt, expires_at: expiresAt } = token
  return html`<section aria-label="${name}">
    <h2>${name}</h2>
    <dl class="facts">
      ${fact('Begins with', prefix)} ${fact('For', describeScope(token))} ${fact('Made', showTime(createdAt))}
      ${fact('Last used', lastUsedAt === null ? 'never' : showTime(lastUsedAt))}
      ${fact('Good until', showTime(expiresAt))}
    </dl>
    <form method="post" action="${`${action}/revoke`}">
      ${hiddenField('csrf', csrf)} ${hiddenField('id', id)}
      <button class="button second" type="submit" aria-label="${`Revoke ${name}`}">Revoke</button>
    </form>
  </section>`
}

function newTokenForm({ action, csrf, values, faults }: ApiTokensPage): Html {
  const isNarrowed = NARROWING.some(({ name }) => values[name] !== '')
  const about = { hint: `1 to ${TOKEN_DAYS.most}.`, required: true, inputmode: 'numeric', maxlength: 4 }
  return html`<h2>A new token</h2>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)}
      ${input('name', 'Name', {
        hint: 'Such as the machine or program that has it.',
        value: values.name,
        error: faults['name'],
        required: true,
        maxlength: MAX_TOKEN_NAME,
      })}
      ${input('days', 'Days that it is good for', { ...about, value: values.days, error: faults['days'] })}
      <details ${attributes({ open: isNarrowed })}>
        <summary>Narrow what it is for</summary>
        ${NARROWING.map(({ name, label, hint }) => input(name, label, { hint, value: values[name], error: faults[name] }))}
      </details>
      <button class="button" type="submit">Make the token</button>
    </form>`
}

interface InputModel {
  readonly hint: string
  readonly value: string
  readonly error: string | undefined
  readonly required?: boolean
  readonly inputmode?: string
  readonly maxlength?: number
}

/** As `field` has them, but it may be left empty. */
function input(name: keyof WrittenFields, label: string, model: InputModel): Html {
  const { hint, value, error, required = false, inputmode = null, maxlength = null } = model
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
    <label for="${name}">${label}</label>
    <p class="hint" id="${`${name}-hint`}">${hint}</p>
    ${error !== undefined && html`<p class="error" id="${`${name}-error`}" role="alert">${error}</p>`}
    <input ${attributes(given)} />
  </div>`
}
