import { MAX_OF_A_KIND } from '../credentials/own-factors.ts'
import type { OwnFactor } from '../credentials/own-factors.ts'
import { FEW_RECOVERY_CODES, RECOVERY_CODES } from '../credentials/recovery-codes.ts'
import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** What went wrong with the last change, or what it did. */
export type FactorsNotice = 'last_one' | 'too_many' | 'known' | 'passkey_refused' | 'name_refused'

export interface FactorsPage {
  readonly frame: Frame
  readonly factors: readonly OwnFactor[]
  readonly recoveryCodesLeft: number
  /** Path that all forms are posted below, such as `/account/factors`. */
  readonly action: string
  readonly csrf: string
  readonly homeHref: string
  /** Where to prove anew who one is; null for whoever has just done so and may change things. */
  readonly proveHref: string | null
  readonly offersPasskeys: boolean
  /** Whether the policy demands that there is one. */
  readonly isDemanded: boolean
  readonly notice: FactorsNotice | null
}

/** Of names that owners give to their factors. */
export const MAX_NAME_CHARACTERS = 60

const NOTICES: Readonly<Record<FactorsNotice, string>> = {
  last_one: 'Your role needs a second factor, so the last one has to stay. Add another before you remove it.',
  too_many: `You have ${MAX_OF_A_KIND} of this kind. Remove one first.`,
  known: 'This key is set up already.',
  passkey_refused: 'The key was not added: its answer came too late or did not fit. Try again.',
  name_refused: `Use a name of 1 to ${MAX_NAME_CHARACTERS} characters.`,
}
const KINDS = { totp: 'Authenticator app', webauthn: 'Security key or passkey' } as const

/** Whether a text from the address bar is one of ours. */
export function isFactorsNotice(text: string | null): text is FactorsNotice {
  return text !== null && Object.hasOwn(NOTICES, text)
}

/** One's own second factors: what they are and when they were last used, with the means to change them. */
export function factorsPage(model: FactorsPage): string {
  const { frame, factors, homeHref, notice, proveHref } = model
  const body = html`<h1>Second factors</h1>
    <p class="quiet">What you sign in with besides your password. All times are UTC.</p>
    ${notice !== null && html`<p class="alert" role="alert">${NOTICES[notice]}</p>`} ${warnings(model)}
    ${
      proveHref !== null &&
      html`<p>To change something here, prove once more who you are.</p>
        <p><a class="button" href="${proveHref}">Prove who you are</a></p>`
    }
    ${factors.map((factor) => factorItem(factor, model))} ${proveHref === null && additions(model)}
    ${factors.length > 0 && recoveryCodes(model)}
    <p><a class="button second" href="${homeHref}">Back</a></p>`
  return page({ title: 'Second factors', body, frame })
}

function warnings({ factors, recoveryCodesLeft: left, isDemanded }: FactorsPage): Html {
  const copied = factors.filter(({ copySuspectedAt }) => copySuspectedAt !== null)
  return html`${
    isDemanded &&
    factors.length === 0 &&
    html`<p class="alert">Your role needs a second factor. Add one now, so that you can go on signing in.</p>`
  }
  ${copied.map(
    ({ name }) =>
      html`<p class="alert">
        Somebody used a key that looks like a copy of “${name}”. If you can't explain that, remove it.
      </p>`,
  )}
  ${factors.length > 0 && left <= FEW_RECOVERY_CODES && html`<p class="alert">${fewCodes(left)}</p>`}`
}

function fewCodes(left: number): string {
  if (left === 0) return 'You have no recovery codes. Make some, or you are locked out once you lose your device.'
  return `You have ${left === 1 ? 'one recovery code' : `${left} recovery codes`} left. Make new ones soon.`
}

function factorItem(factor: OwnFactor, model: FactorsPage): Html {
  const { kind, name, addedAt, lastUsedAt, isSynced } = factor
  return html`<section aria-label="${name}">
    <h2>${name}</h2>
    <dl class="facts">
      ${fact('Kind', isSynced ? `${KINDS[kind]}, on all your devices` : KINDS[kind])}
      ${fact('Added', showTime(addedAt))} ${fact('Last used', lastUsedAt === null ? 'never' : showTime(lastUsedAt))}
    </dl>
    ${model.proveHref === null && changes(factor, model)}
  </section>`
}

function changes({ kind, id, name }: OwnFactor, { action, csrf }: FactorsPage): Html {
  const about = html`${hiddenField('csrf', csrf)} ${hiddenField('kind', kind)} ${hiddenField('id', id)}`
  return html`<details>
    <summary aria-label="${`Rename or remove ${name}`}">Rename or remove</summary>
    <form method="post" action="${`${action}/rename`}">
      ${about} ${nameField(`name-${id}`, name)}
      <button class="button second" type="submit">Rename</button>
    </form>
    <form method="post" action="${`${action}/remove`}">
      ${about}
      <p class="hint">Removing it ends your sign-ins on all other browsers.</p>
      <button class="button second" type="submit">Remove</button>
    </form>
  </details>`
}

function additions({ action, csrf, offersPasskeys }: FactorsPage): Html {
  return html`<form method="post" action="${`${action}/totp`}">
      ${hiddenField('csrf', csrf)}
      <button class="button" type="submit">Add an authenticator app</button>
    </form>
    ${
      offersPasskeys &&
      html`<form method="post" action="${`${action}/passkey`}">
        ${hiddenField('csrf', csrf)}
        <button class="button" type="submit">Add a security key or passkey</button>
      </form>`
    }`
}

function recoveryCodes({ action, csrf, proveHref, recoveryCodesLeft: left }: FactorsPage): Html {
  return html`<section aria-label="Recovery codes">
    <h2>Recovery codes</h2>
    <p class="quiet">Each lets you in once without your device. You have ${left} of ${RECOVERY_CODES}.</p>
    ${
      proveHref === null &&
      html`<form method="post" action="${`${action}/recovery-codes`}">
        ${hiddenField('csrf', csrf)}
        <button class="button second" type="submit">
          ${left === 0 ? 'Make recovery codes' : 'Make new ones, and void the old'}
        </button>
      </form>`
    }
  </section>`
}

/** @param id unique on its page; the field's own name is always `name` */
export function nameField(id: string, value: string): Html {
  return html`<div class="field">
    <label for="${id}">Name</label>
    <input id="${id}" name="name" value="${value}" required maxlength="${MAX_NAME_CHARACTERS}" autocomplete="off" />
  </div>`
}

function fact(term: string, value: Html | string): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`
}

function showTime(time: Date): Html {
  const iso = time.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`
}
