import type { ReplayGroup, ReplayReport } from '../policies/replay.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { dataTable, moment } from './parts.ts'
import { outcomeText } from './policy-parts.ts'

/** Who would gain access by a draft and who would lose it, by what was recorded. */
export function replayView(words: Words, report: ReplayReport): Html {
  return html`<section aria-labelledby="replayed">
    <h2 id="replayed">${words.say('try.replayed')}</h2>
    ${said(words, report)} ${groupsOf(words, words.say('try.loses'), report.groups.filter(isLoss))}
    ${groupsOf(words, words.say('try.gains'), report.groups.filter(isGain))}
    ${groupsOf(
      words,
      words.say('try.others'),
      report.groups.filter((group) => !isLoss(group) && !isGain(group)),
    )}
    ${report.ungrouped > 0 && html`<p>${words.say('diff.more', { count: report.ungrouped })}</p>`}
  </section>`
}

function said(words: Words, { replayed, skipped, differing, oldest, newest }: ReplayReport): Html {
  if (oldest === null || newest === null) return html`<p>${words.say('try.replay_none')}</p>`
  const sums = words.parts<'try.replay_said', Value>('try.replay_said', {
    replayed: words.number(replayed),
    differing: words.number(differing),
    skipped: words.number(skipped),
    from: moment(words, oldest),
    until: moment(words, newest),
  })
  return html`<p>${sums}</p>
    ${differing === 0 && html`<p>${words.say('try.replay_same')}</p>`}`
}

function groupsOf(words: Words, caption: string, groups: readonly ReplayGroup[]): Html | null {
  if (groups.length === 0) return null
  const table = dataTable({
    caption,
    columns: [
      words.say('policy.app'),
      words.say('try.before'),
      words.say('try.after'),
      { text: words.say('try.times'), isNumber: true },
      words.say('try.examples'),
    ],
    empty: html``,
    rows: groups.map(({ app, from, to, fromLine, toLine, count, examples }) => [
      app ?? '–',
      withLine(words, outcomeText(words, from), fromLine),
      withLine(words, outcomeText(words, to), toLine),
      words.number(count),
      examples.map((example) => html`<code>${example}</code> `),
    ]),
  })
  return html`<h3>${caption}</h3>
    ${table}`
}

function withLine(words: Words, outcome: string, line: number | null): string {
  return line === null ? outcome : `${outcome} (${words.say('policy.line')} ${line})`
}

function isGain({ from, to }: ReplayGroup): boolean {
  return to === 'allow' && from !== 'allow'
}

function isLoss({ from, to }: ReplayGroup): boolean {
  return from === 'allow' && to !== 'allow'
}
