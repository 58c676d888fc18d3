import type { TextDifference } from '../policies/diff-sources.ts'
import type { PolicyDifference } from '../policies/diff.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { badge, dataTable } from './parts.ts'
import { asWritten } from './policy-parts.ts'

/** More than anybody reads; a file has the rest. */
const MAX_DIFFERENCES = 300
const MAX_LINES = 1_500

/** What differs between two texts of a policy: in words, and line by line. */
export function differenceView(words: Words, { differences, lines }: TextDifference): Html {
  if (lines === '') return html`<p>${words.say('diff.none')}</p>`
  return html`<h3>${words.say('diff.words')}</h3>
    ${wordsOf(words, differences)}
    <h3>${words.say('diff.lines')}</h3>
    ${lines === null ? html`<p>${words.say('diff.all')}</p>` : linesOf(words, lines)}`
}

function wordsOf(words: Words, differences: readonly PolicyDifference[] | null): Html {
  if (differences === null) return html`<p>${words.say('diff.unreadable')}</p>`
  const shown = differences.slice(0, MAX_DIFFERENCES)
  const table = dataTable({
    caption: words.say('diff.words'),
    columns: [words.say('diff.change'), words.say('diff.what'), words.say('diff.where'), words.say('diff.text')],
    empty: html`<p>${words.say('diff.only_text')}</p>`,
    rows: shown.map(({ change, what, app, text }) => [
      badge(change === 'added' ? 'ok' : change === 'removed' ? 'bad' : 'plain', words.say(`diff.${change}`)),
      words.say(`diff.${what}`),
      app ?? '–',
      asWritten(text),
    ]),
  })
  return html`${table} ${moreOf(words, differences.length - shown.length)}`
}

/** The head of a unified diff names the two, which the page has said. */
function linesOf(words: Words, patch: string): Html {
  const all = patch
    .replace(/\n$/, '')
    .split('\n')
    .filter((line, place) => place > 3 || !/^(?:---|\+\+\+|={3})/.test(line))
  const shown = all.slice(0, MAX_LINES)
  const marked = shown.map((line) => {
    if (line.startsWith('+')) return html`<ins>${line}</ins>`
    if (line.startsWith('-')) return html`<del>${line}</del>`
    return `${line}\n`
  })
  return html`<pre lang="en" tabindex="0">${marked}</pre>
    ${moreOf(words, all.length - shown.length)}`
}

function moreOf(words: Words, count: number): Html | null {
  return count <= 0 ? null : html`<p>${words.say('diff.more', { count })}</p>`
}
