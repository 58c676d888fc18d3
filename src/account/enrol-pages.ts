import type { NewPasskeyOptions } from '../credentials/enrol-passkey.ts'
import { RECOVERY_CODES } from '../credentials/recovery-codes.ts'
import { hiddenField } from '../web/field.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { nameField } from './factors-page.ts'

interface EnrolPage {
  readonly shell: AccountShell
  /** Path that the form is posted to. */
  readonly action: string
  readonly csrf: string
  /** The list of factors, for who would rather not. */
  readonly backHref: string
  /** What stands in the field for the name. */
  readonly name: string
}

export interface TotpPage extends EnrolPage {
  /** Null once it was shown: only the code is asked for again. */
  readonly key: { readonly qrCode: Html; readonly text: string } | null
}

export interface PasskeyPage extends EnrolPage {
  readonly options: NewPasskeyOptions
}

/** A new authenticator app: the key once as picture and text, and the field for its first code. */
export function totpPage({ shell, action, csrf, backHref, name, key }: TotpPage): string {
  const { words } = shell.frame
  const title = words.say('factors.add_totp')
  const body = html`<h1>${title}</h1>
    ${key === null ? wrongCode(words) : theKey(words, key)}
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${nameField(words, 'name', name)}
      <div class="field">
        <label for="code">${words.say('factors.code')}</label>
        <p class="hint" id="code-hint">${words.say('factors.code_hint')}</p>
        <input
          id="code"
          name="code"
          required
          inputmode="numeric"
          pattern="[0-9]{6}"
          maxlength="6"
          autocomplete="one-time-code"
          aria-describedby="code-hint"
        />
      </div>
      <button class="button" type="submit">${words.say('factors.add')}</button>
    </form>
    <p><a class="button second" href="${backHref}">${words.say('common.cancel')}</a></p>`
  return accountPage(shell, { here: 'factors', title, body })
}

/** A new security key or passkey: the browser is asked by a script, since nothing else can. */
export function passkeyPage({ shell, action, csrf, backHref, name, options }: PasskeyPage): string {
  const { words } = shell.frame
  const title = words.say('factors.add_passkey')
  const asked = {
    method: 'post',
    action,
    'data-passkey': 'create',
    'data-options': JSON.stringify(options),
    'aria-describedby': 'problem',
  }
  const body = html`<h1>${title}</h1>
    <p>${words.say('factors.passkey_hint')}</p>
    <noscript><p class="alert">${words.say('factors.no_script')}</p></noscript>
    <p class="alert" role="alert" id="problem" hidden>${words.say('factors.passkey_problem')}</p>
    <form ${attributes(asked)}>
      ${hiddenField('csrf', csrf)} ${hiddenField('response', '')} ${nameField(words, 'name', name)}
      <button class="button" type="submit">${words.say('factors.go_on')}</button>
    </form>
    <p><a class="button second" href="${backHref}">${words.say('common.cancel')}</a></p>`
  return accountPage(shell, { here: 'factors', title, body, script: 'passkey' })
}

/** Recovery codes, this once, to print or copy. */
export function recoveryCodesPage({
  shell,
  codes,
  login,
  host,
  backHref,
}: {
  shell: AccountShell
  codes: readonly string[]
  login: string
  host: string
  backHref: string
}): string {
  const { words } = shell.frame
  const body = html`<h1>${words.say('factors.your_codes')}</h1>
    <p>${words.say('factors.your_codes_hint', { login, host })}</p>
    <ol class="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ol>
    <p class="quiet">${words.say('factors.codes_old', { count: RECOVERY_CODES })}</p>
    <p><a class="button" href="${backHref}">${words.say('factors.codes_kept')}</a></p>`
  return accountPage(shell, { here: 'factors', title: words.say('factors.codes'), body })
}

function theKey(words: Words, { qrCode, text }: { qrCode: Html; text: string }): Html {
  const key = html`<code>${text.replace(/(.{4})(?=.)/g, '$1 ')}</code>`
  return html`<p>${words.say('factors.scan')}</p>
    ${qrCode}
    <p>${words.parts('factors.type', { key })}</p>`
}

function wrongCode(words: Words): Html {
  return html`<p class="alert" role="alert">${words.say('factors.wrong_code')}</p>`
}
