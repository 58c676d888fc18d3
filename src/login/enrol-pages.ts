import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

interface EnrolForm {
  readonly frame: Frame
  /** Path that the form is posted to. */
  readonly action: string
  readonly csrf: string
  readonly rd: string | null
  readonly cancelHref: string
}

export interface EnrolKeyPage extends EnrolForm {
  /** Null once it was shown: only the code is asked for again. */
  readonly key: { readonly qrCode: Html; readonly text: string } | null
  readonly problem: EnrolProblem | null
}

export type EnrolProblem = 'wrong' | 'missing' | 'stopped' | 'form_expired'

export interface EnrolSoonPage {
  readonly frame: Frame
  readonly enforcedAt: Date
  readonly enrolHref: string
  readonly laterHref: string
}

const SENTENCES: Readonly<Record<EnrolProblem, string>> = {
  wrong: 'That code does not fit. Wait for the next one; if none fits, cancel and begin again with a new key.',
  missing: 'Enter the code.',
  stopped: 'There were too many attempts. Try again later.',
  form_expired: 'This page was open for too long. Cancel and begin again.',
}
const ALERT = 'enrol-problem'

/** What people see who have to set up a second factor before they go on. */
export function enrolPage({ frame, action, csrf, rd, cancelHref }: EnrolForm): string {
  const title = 'Set up a second factor'
  const body = html`<h1>${title}</h1>
    <p>
      To go on you need a second way to prove who you are. Have an authenticator app at hand, on your telephone or in
      your password manager.
    </p>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)}
      <button class="button" type="submit">Show the key for the app</button>
    </form>
    <p><a href="${cancelHref}">Cancel</a></p>`
  return page({ title, body, frame })
}

/** The key once as picture and text, and the field for the first code of the app. */
export function enrolKeyPage({ frame, action, csrf, rd, cancelHref, key, problem }: EnrolKeyPage): string {
  const title = 'Set up a second factor'
  const body = html`<h1>${title}</h1>
    ${problem !== null && html`<p class="alert" id="${ALERT}" role="alert">${SENTENCES[problem]}</p>`}
    ${key !== null && theKey(key)}
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)}
      ${field({
        name: 'code',
        label: 'Code from the app',
        hint: 'Six digits.',
        autocomplete: 'one-time-code',
        inputMode: 'numeric',
        ...(problem !== null && { describedBy: ALERT, invalid: true }),
      })}
      <button class="button" type="submit">Continue</button>
    </form>
    <p><a href="${cancelHref}">Cancel</a></p>`
  return page({ title: problem === null ? title : `Error: ${title}`, body, frame })
}

/** Tells whoever still may go on without a second factor until when. */
export function enrolSoonPage({ frame, enforcedAt, enrolHref, laterHref }: EnrolSoonPage): string {
  const day = enforcedAt.toISOString().slice(0, 10)
  const body = html`<h1>You are signed in</h1>
    <p>From <strong>${day}</strong> on you need a second factor to sign in. Set one up now; it takes a minute.</p>
    <p><a class="button" href="${enrolHref}">Set up a second factor</a></p>
    <p><a class="button second" href="${laterHref}">Later</a></p>`
  return page({ title: 'A second factor is needed soon', body, frame })
}

function theKey({ qrCode, text }: { readonly qrCode: Html; readonly text: string }): Html {
  return html`<p>Scan this with the app. It is shown this once.</p>
    ${qrCode}
    <p>Or type this key into it: <code>${text.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>`
}
