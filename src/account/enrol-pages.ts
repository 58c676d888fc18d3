import type { NewPasskeyOptions } from '../credentials/enrol-passkey.ts'
import { RECOVERY_CODES } from '../credentials/recovery-codes.ts'
import { hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { nameField } from './factors-page.ts'

interface EnrolPage {
  readonly frame: Frame
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
export function totpPage({ frame, action, csrf, backHref, name, key }: TotpPage): string {
  const body = html`<h1>Add an authenticator app</h1>
    ${key === null ? wrongCode() : theKey(key)}
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${nameField('name', name)}
      <div class="field">
        <label for="code">Code from the app</label>
        <p class="hint" id="code-hint">Six digits, without blanks.</p>
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
      <button class="button" type="submit">Add</button>
    </form>
    <p><a class="button second" href="${backHref}">Cancel</a></p>`
  return page({ title: 'Add an authenticator app', body, frame })
}

/** A new security key or passkey: the browser is asked by a script, since nothing else can. */
export function passkeyPage({ frame, action, csrf, backHref, name, options }: PasskeyPage): string {
  const body = html`<h1>Add a security key or passkey</h1>
    <p>Your browser asks for a key, or offers to keep a passkey on this device.</p>
    <noscript><p class="alert">Keys and passkeys need JavaScript, which is turned off here.</p></noscript>
    <p class="alert" role="alert" id="problem" hidden>
      The browser gave no answer. Perhaps this key is set up already, or too much time has passed: go back and try
      again.
    </p>
    <form
      method="post"
      action="${action}"
      data-passkey="create"
      data-options="${JSON.stringify(options)}"
      aria-describedby="problem"
    >
      ${hiddenField('csrf', csrf)} ${hiddenField('response', '')} ${nameField('name', name)}
      <button class="button" type="submit">Go on</button>
    </form>
    <p><a class="button second" href="${backHref}">Cancel</a></p>`
  return page({ title: 'Add a security key or passkey', body, frame, script: 'passkey' })
}

/** Recovery codes, this once, to print or copy. */
export function recoveryCodesPage({
  frame,
  codes,
  login,
  host,
  backHref,
}: {
  frame: Frame
  codes: readonly string[]
  login: string
  host: string
  backHref: string
}): string {
  const body = html`<h1>Your recovery codes</h1>
    <p>
      For ${login} at ${host}. Print this page, or keep the codes where you keep your passwords: they are not shown
      again. Each works once.
    </p>
    <ol class="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ol>
    <p class="quiet">There are ${RECOVERY_CODES}. Those that you had before no longer work.</p>
    <p><a class="button" href="${backHref}">I have kept them</a></p>`
  return page({ title: 'Recovery codes', body, frame })
}

function theKey({ qrCode, text }: { qrCode: Html; text: string }): Html {
  return html`<p>Scan this with the app. It is shown this once.</p>
    ${qrCode}
    <p>Or type this key into it: <code>${text.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>`
}

function wrongCode(): Html {
  return html`<p class="alert" role="alert">
    This code does not fit, or came too late. Wait for the next one. If none fits, set the clock of your device, or
    cancel and begin again with a new key.
  </p>`
}
