import { MAX_OF_A_KIND } from '../credentials/own-factors.ts'
import type { OwnFactor } from '../credentials/own-factors.ts'
import { FEW_RECOVERY_CODES, RECOVERY_CODES } from '../credentials/recovery-codes.ts'
import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { fact, showTime } from './facts.ts'

/** What went wrong with the last change, or what it did. */
export type FactorsNotice = (typeof NOTICES)[number]

export interface FactorsPage {
  readonly shell: AccountShell
  readonly factors: readonly OwnFactor[]
  readonly recoveryCodesLeft: number
  /** Path that all forms are posted below, such as `/account/factors`. */
  readonly action: string
  readonly csrf: string
  /** Where to prove anew who one is; null for whoever has just done so and may change things. */
  readonly proveHref: string | null
  readonly offersPasskeys: boolean
  /** Whether the policy demands that there is one. */
  readonly isDemanded: boolean
  readonly notice: FactorsNotice | null
}

/** Of names that owners give to their factors. */
export const MAX_NAME_CHARACTERS = 60

const NOTICES = ['last_one', 'too_many', 'known', 'passkey_refused', 'name_refused'] as const
/** How many there may be of what each is about. */
const MOST: Readonly<Partial<Record<FactorsNotice, number>>> = {
  too_many: MAX_OF_A_KIND,
  name_refused: MAX_NAME_CHARACTERS,
}

/** Whether a text from the address bar is one of ours. */
export function isFactorsNotice(text: string | null): text is FactorsNotice {
  return NOTICES.some((notice) => notice === text)
}

/** One's own second factors: what they are and when they were last used, with the means to change them. */
export function factorsPage(model: FactorsPage): string {
  const { shell, factors, notice, proveHref } = model
  const { words } = shell.frame
  const title = words.say('factors.title')
  const body = html`<h1>${title}</h1>
    <p class="quiet">${words.say('factors.hint')}</p>
    ${notice !== null && html`<p class="alert" role="alert">${noticeWords(words, notice)}</p>`} ${warnings(model)}
    ${
      proveHref !== null &&
      html`<p>${words.say('account.prove_first')}</p>
        <p><a class="button" href="${proveHref}">${words.say('account.prove')}</a></p>`
    }
    ${factors.map((factor) => factorItem(factor, model))} ${proveHref === null && additions(model)}
    ${factors.length > 0 && recoveryCodes(model)}`
  return accountPage(shell, { here: 'factors', title, body })
}

function noticeWords(words: Words, notice: FactorsNotice): string {
  return words.say(`factors.${notice}`, { most: MOST[notice] ?? 0 })
}

function warnings({ shell, factors, recoveryCodesLeft: left, isDemanded }: FactorsPage): Html {
  const { words } = shell.frame
  const copied = factors.filter(({ copySuspectedAt }) => copySuspectedAt !== null)
  return html`${isDemanded && factors.length === 0 && html`<p class="alert">${words.say('factors.demanded')}</p>`}
  ${copied.map(({ name }) => html`<p class="alert">${words.say('factors.copied', { name })}</p>`)}
  ${factors.length > 0 && left <= FEW_RECOVERY_CODES && html`<p class="alert">${fewCodes(words, left)}</p>`}`
}

function fewCodes(words: Words, left: number): string {
  return left === 0 ? words.say('factors.no_codes') : words.say('factors.few_codes', { count: left })
}

function factorItem(factor: OwnFactor, model: FactorsPage): Html {
  const { kind, name, addedAt, lastUsedAt, isSynced } = factor
  const { words } = model.shell.frame
  const kindName = words.say(`factors.kind_${kind}`)
  const lastUsed = lastUsedAt === null ? words.say('account.never') : showTime(lastUsedAt, words)
  return html`<section aria-label="${name}">
    <h2>${name}</h2>
    <dl class="facts">
      ${fact(words.say('factors.kind'), isSynced ? words.say('factors.synced', { kind: kindName }) : kindName)}
      ${fact(words.say('factors.added'), showTime(addedAt, words))} ${fact(words.say('factors.last_used'), lastUsed)}
    </dl>
    ${model.proveHref === null && changes(factor, model)}
  </section>`
}

function changes({ kind, id, name }: OwnFactor, { shell, action, csrf }: FactorsPage): Html {
  const { words } = shell.frame
  const about = html`${hiddenField('csrf', csrf)} ${hiddenField('kind', kind)} ${hiddenField('id', id)}`
  return html`<details>
    <summary aria-label="${words.say('factors.change_one', { name })}">${words.say('factors.change')}</summary>
    <form method="post" action="${`${action}/rename`}">
      ${about} ${nameField(words, `name-${id}`, name)}
      <button class="button second" type="submit">${words.say('factors.rename')}</button>
    </form>
    <form method="post" action="${`${action}/remove`}">
      ${about}
      <p class="hint">${words.say('factors.remove_hint')}</p>
      <button class="button second" type="submit">${words.say('factors.remove')}</button>
    </form>
  </details>`
}

function additions({ shell, action, csrf, offersPasskeys }: FactorsPage): Html {
  const { words } = shell.frame
  return html`<form method="post" action="${`${action}/totp`}">
      ${hiddenField('csrf', csrf)}
      <button class="button" type="submit">${words.say('factors.add_totp')}</button>
    </form>
    ${
      offersPasskeys &&
      html`<form method="post" action="${`${action}/passkey`}">
        ${hiddenField('csrf', csrf)}
        <button class="button" type="submit">${words.say('factors.add_passkey')}</button>
      </form>`
    }`
}

function recoveryCodes({ shell, action, csrf, proveHref, recoveryCodesLeft: left }: FactorsPage): Html {
  const { words } = shell.frame
  const title = words.say('factors.codes')
  return html`<section aria-label="${title}">
    <h2>${title}</h2>
    <p class="quiet">${words.say('factors.codes_left', { left, all: RECOVERY_CODES })}</p>
    ${
      proveHref === null &&
      html`<form method="post" action="${`${action}/recovery-codes`}">
        ${hiddenField('csrf', csrf)}
        <button class="button second" type="submit">
          ${words.say(left === 0 ? 'factors.codes_make' : 'factors.codes_renew')}
        </button>
      </form>`
    }
  </section>`
}

/** @param id unique on its page; the field's own name is always `name` */
export function nameField(words: Words, id: string, value: string): Html {
  return html`<div class="field">
    <label for="${id}">${words.say('factors.name')}</label>
    <input id="${id}" name="name" value="${value}" required maxlength="${MAX_NAME_CHARACTERS}" autocomplete="off" />
  </div>`
}
