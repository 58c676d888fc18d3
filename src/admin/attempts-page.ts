import type { ReportedAttempt } from '../limits/attempt-report.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import { EN } from '../words/en/en.ts'
import type { WordName, Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable, emptyState, moment } from './parts.ts'
import { placeFilter } from './place-filter.ts'
import { buttonForm } from './user-fields.ts'
import type { Refusal } from './user-parts.ts'

export interface AttemptsPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly attempts: readonly ReportedAttempt[]
  /** How many are shown at most. */
  readonly most: number
  /** Logins of those whose stops the visitor may lift. */
  readonly withinReach: ReadonlySet<string>
  readonly query: { readonly login: string; readonly network: string }
  readonly csrf: Html
  readonly refusal: Refusal
}

/** Failures that are counted and the stops they brought, with the means to lift them. */
export function attemptsPage(model: AttemptsPage): string {
  const { frame, console, attempts, most, query, refusal } = model
  const { words } = frame
  const path = `${console.base}/attempts`
  const shown = attempts.slice(0, most)
  const body = html`<p class="quiet">${words.say('attempts.hint')}</p>
    ${placeFilter(words, { path, query, refusal, maxLogin: 254 })}
    ${dataTable({
      caption: words.say('console.attempts'),
      columns: [
        words.say('attempts.side'),
        words.say('people.login'),
        words.say('open_sessions.network'),
        words.say('attempts.factor'),
        { text: words.say('attempts.failures'), isNumber: true },
        words.say('attempts.last'),
        words.say('attempts.stopped'),
        words.say('people.change'),
      ],
      rows: shown.map((each) => cellsOf(model, each, path)),
      empty: emptyState({ title: words.say('attempts.none'), text: words.say('attempts.none_text') }),
    })}
    ${attempts.length > most && html`<p class="quiet">${words.say('attempts.most', { count: most })}</p>`}`
  const title = words.say('console.attempts')
  return consolePage({ frame, console, title, body, problem: refusal.problem && words.say(`error.${refusal.problem}`) })
}

function cellsOf(model: AttemptsPage, each: ReportedAttempt, path: string): readonly Value[] {
  const { words } = model.frame
  const isOfPerson = each.side !== 'network'
  return [
    said(words, 'side', each.side),
    each.login ?? (isOfPerson ? words.say('attempts.unknown') : '–'),
    each.network ?? '–',
    said(words, 'factor', each.factor),
    words.number(each.failures),
    moment(words, new Date(each.last_at)),
    stop(words, each.stopped_until),
    lift(model, each, path),
  ]
}

function stop(words: Words, until: string | null): Value {
  if (until === null) return '–'
  return until === 'recovery' ? words.say('attempts.until_reset') : moment(words, new Date(until))
}

/** Of whom nobody is, only a network can be told, and what else is counted for it goes along. */
function lift(model: AttemptsPage, { login, network }: ReportedAttempt, path: string): Html | null {
  const { frame, csrf, withinReach } = model
  if (login === null ? network === null : !withinReach.has(login)) return null
  const who = [login, network].filter((each) => each !== null).join(', ')
  return buttonForm({
    action: path,
    csrf,
    hidden: { login: login ?? '', network: network ?? '' },
    text: frame.words.say('attempts.lift'),
    label: frame.words.say('attempts.lift_one', { who }),
  })
}

function said(words: Words, what: 'side' | 'factor', value: string): string {
  const name = `attempts.${what}_${value}`
  return isAttemptWord(name) ? words.say(name) : value
}

function isAttemptWord(name: string): name is Extract<WordName, `attempts.${'side' | 'factor'}_${string}`> {
  return Object.hasOwn(EN, name)
}
