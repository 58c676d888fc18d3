import type { Tried } from '../administration/try-policy.ts'
import type { PolicyMistake } from '../policies/policy-file.ts'
import type { ReplayReport } from '../policies/replay.ts'
import { hiddenField } from '../web/field.ts'
import { attributes, html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable } from './parts.ts'
import { differenceView } from './policy-diff.ts'
import { asWritten, fileNote } from './policy-parts.ts'
import { replayView } from './policy-replay-view.ts'
import { textControl } from './user-fields.ts'

export interface PolicyTryPage extends Pick<ConsolePage, 'frame' | 'console' | 'problem'> {
  readonly csrf: Html
  readonly file: string | null
  readonly source: string
  /** Version that was in force when the draft was begun. */
  readonly expected: number
  readonly reason: string
  /** In English, as `retell` takes it. */
  readonly reasonFault: string | null
  /** Null before the draft was tried. */
  readonly tried: Tried | null
  /** Null where recorded decisions weren't judged again. */
  readonly replay: ReplayReport | null
  /** Where one proves who he is, where that is what lacks. */
  readonly proveHref: string | null
}

const MAX_TESTS = 200
const MAX_LINE = 120

/** A draft, what it would be, and the way to put it in force. */
export function policyTryPage(model: PolicyTryPage): string {
  const { frame, console, file, proveHref, problem = null } = model
  const { words } = frame
  const body = html`${fileNote(words, file)} ${proveHref !== null && proveNote(words, proveHref)}
    <p>${words.say('try.intro')}</p>
    ${result(model)} ${form(model)}`
  return consolePage({ frame, console, title: words.say('console.policy_try'), problem, body })
}

function proveNote(words: Words, href: string): Html {
  const link = html`<a href="${href}" target="_blank" rel="noopener">${words.say('try.prove_link')}</a>`
  return html`<p class="alert" role="alert">${words.parts('try.prove', { link })}</p>`
}

function result({ frame: { words }, tried, replay, source }: PolicyTryPage): Html | null {
  if (tried === null) return null
  if (tried.kind === 'invalid') return mistakesView(words, tried.mistakes, source)
  const { counts, difference, inForce } = tried
  const heading =
    inForce === 0 ? words.say('try.difference_first') : words.say('try.difference', { version: String(inForce) })
  return html`<p class="notice" role="status">${words.say('try.fine')} ${words.say('try.counts', counts)}</p>
    ${testsView(words, tried)}
    <section aria-labelledby="difference">
      <h2 id="difference">${heading}</h2>
      ${differenceView(words, difference)}
    </section>
    ${replay !== null && replayView(words, replay)}`
}

function mistakesView(words: Words, mistakes: readonly PolicyMistake[], source: string): Html {
  const lines = source.split('\n')
  const table = dataTable({
    caption: words.say('try.mistakes_caption'),
    columns: [
      { text: words.say('policy.line'), isNumber: true },
      { text: words.say('try.column'), isNumber: true },
      words.say('try.mistake'),
      words.say('try.path'),
      words.say('try.text'),
    ],
    empty: html``,
    rows: mistakes.map(({ line, column, path, message }) => [
      String(line),
      String(column),
      html`<span lang="en">${message}</span>`,
      path === '' ? '–' : asWritten(path),
      asWritten((lines[line - 1] ?? '').trim().slice(0, MAX_LINE)),
    ]),
  })
  return html`<section aria-labelledby="mistakes">
    <h2 id="mistakes">${words.say('try.mistakes_caption')}</h2>
    <p class="error" role="alert">${words.say('try.mistakes', { count: mistakes.length })}</p>
    ${table}
  </section>`
}

function testsView(words: Words, { tests }: Extract<Tried, { kind: 'fine' }>): Html {
  const heading = html`<h2 id="tests">${words.say('try.tests')}</h2>`
  if (tests.length === 0)
    return html`<section aria-labelledby="tests">
      ${heading}
      <p>${words.say('try.no_tests')}</p>
    </section>`
  const table = dataTable({
    caption: words.say('try.tests'),
    columns: [
      { text: words.say('policy.line'), isNumber: true },
      words.say('try.request'),
      words.say('try.as'),
      words.say('try.decision'),
    ],
    empty: html``,
    rows: tests
      .slice(0, MAX_TESTS)
      .map(({ line, request, as, decision }) => [String(line), asWritten(request), asWritten(as), asWritten(decision)]),
  })
  return html`<section aria-labelledby="tests">
    ${heading}
    <details>
      <summary>${words.say('try.tests_pass', { count: tests.length })}</summary>
      ${table}
      ${tests.length > MAX_TESTS && html`<p>${words.say('diff.more', { count: tests.length - MAX_TESTS })}</p>`}
    </details>
  </section>`
}

function form(model: PolicyTryPage): Html {
  const { frame, console, csrf, source, expected } = model
  const { words } = frame
  const base = `${console.base}/policy`
  const mayReplay = console.may('postern.audit:read')
  const isFine = model.tried?.kind === 'fine'
  return html`<form class="draft" method="post" action="${`${base}/try`}">
    ${csrf} ${hiddenField('expected', String(expected))}
    <div class="field">
      <label for="source">${words.say('try.source')}</label>
      ${draftArea(source)}
    </div>
    <div class="bar">
      <button type="submit">${words.say('try.button')}</button>
      ${
        mayReplay &&
        html`<button type="submit" class="button second" formaction="${`${base}/replay`}">
          ${words.say('try.replay')}
        </button>`
      }
    </div>
    ${isFine && applyPart(model)}
  </form>`
}

/** Browsers drop the end of a line right behind the tag, so there is one that isn't the draft's. */
function draftArea(source: string): Html {
  const own = { id: 'source', name: 'source', rows: 24, wrap: 'off', spellcheck: 'false', autocapitalize: 'none' }
  const text = `\n${source}`
  return html`<textarea ${attributes(own)}>${text}</textarea>`
}

function applyPart({ frame: { words }, console, file, reason, reasonFault }: PolicyTryPage): Html | null {
  if (file !== null) return null
  if (!console.may('postern.policy:write')) return html`<p>${words.say('try.cannot_apply')}</p>`
  return html`${textControl(words, {
      name: 'reason',
      label: words.say('try.reason'),
      hint: words.say('try.reason_hint'),
      value: reason,
      maxLength: 500,
      fault: reasonFault ?? undefined,
    })} <button type="submit" formaction="${`${console.base}/policy/apply`}">${words.say('try.apply')}</button>`
}
