import { field, hiddenField } from '../web/field.ts'
import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'

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

const ALERT = 'enrol-problem'

/** What people see who have to set up a second factor before they go on. */
export function enrolPage({ frame, action, csrf, rd, cancelHref }: EnrolForm): string {
  const { words } = frame
  const title = words.say('enrol.title')
  const body = html`<h1>${title}</h1>
    <p>${words.say('enrol.why')}</p>
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)}
      <button class="button" type="submit">${words.say('enrol.show_key')}</button>
    </form>
    <p><a href="${cancelHref}">${words.say('common.cancel')}</a></p>`
  return page({ title, body, frame })
}

/** The key once as picture and text, and the field for the first code of the app. */
export function enrolKeyPage({ frame, action, csrf, rd, cancelHref, key, problem }: EnrolKeyPage): string {
  const { words } = frame
  const title = words.say('enrol.title')
  const body = html`<h1>${title}</h1>
    ${problem !== null && html`<p class="alert" id="${ALERT}" role="alert">${words.say(`enrol.${problem}`)}</p>`}
    ${key !== null && theKey(words, key)}
    <form method="post" action="${action}" novalidate>
      ${hiddenField('csrf', csrf)} ${rd !== null && hiddenField('rd', rd)}
      ${field({
        name: 'code',
        label: words.say('enrol.code'),
        hint: words.say('enrol.code_hint'),
        autocomplete: 'one-time-code',
        inputMode: 'numeric',
        ...(problem !== null && { describedBy: ALERT, invalid: true }),
      })}
      <button class="button" type="submit">${words.say('common.continue')}</button>
    </form>
    <p><a href="${cancelHref}">${words.say('common.cancel')}</a></p>`
  return page({ title: problem === null ? title : words.say('common.error', { title }), body, frame })
}

/** Tells whoever still may go on without a second factor until when. */
export function enrolSoonPage({ frame, enforcedAt, enrolHref, laterHref }: EnrolSoonPage): string {
  const { words } = frame
  const day = html`<strong>${enforcedAt.toISOString().slice(0, 10)}</strong>`
  const body = html`<h1>${words.say('signed_in.heading')}</h1>
    <p>${words.parts('enrol.soon', { day })}</p>
    <p><a class="button" href="${enrolHref}">${words.say('enrol.title')}</a></p>
    <p><a class="button second" href="${laterHref}">${words.say('enrol.later')}</a></p>`
  return page({ title: words.say('enrol.soon_title'), body, frame })
}

function theKey(words: Words, { qrCode, text }: { readonly qrCode: Html; readonly text: string }): Html {
  const key = html`<code>${text.replace(/(.{4})(?=.)/g, '$1 ')}</code>`
  return html`<p>${words.say('enrol.scan')}</p>
    ${qrCode}
    <p>${words.parts('enrol.type', { key })}</p>`
}
