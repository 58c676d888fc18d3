import type { ExplanationReport, LookedAt, ReadingReport } from '../policies/explain-report.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, fact } from './parts.ts'
import { asWritten, outcomeBadge, outcomeText, reasonText } from './policy-parts.ts'
import { selectControl, textControl } from './user-fields.ts'

/** A request as somebody writes it down, each field as it was typed. */
export interface ExplainQuery {
  readonly url: string
  readonly method: string
  readonly user: string
  readonly factors: '1' | '2'
  readonly from: string
}

export interface Explained {
  readonly report: ExplanationReport
  /** Null for nobody who is signed in. */
  readonly visitor: { readonly login: string; readonly roles: readonly string[] } | null
  /** Login of somebody who is disabled, where that was asked for. */
  readonly disabled: string | null
  readonly version: number
}

export interface PolicyExplainPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly query: ExplainQuery
  /** What is wrong with the fields, in the page's language. */
  readonly faults: Readonly<Partial<Record<keyof ExplainQuery, string>>>
  readonly explained: Explained | null
}

/** Rules for other paths are counted where there are more of them. */
const MAX_OTHER_PATHS = 8
const MAX_RULES = 200

/** What the policy in force decides of a request, and every step to it. */
export function policyExplainPage(model: PolicyExplainPage): string {
  const { frame, console, explained } = model
  const { words } = frame
  const crumbs = [{ text: words.say('console.policy'), path: 'policy' }]
  const body = html`<p>${words.say('explain.intro')}</p>
    ${form(model)} ${explained !== null && answer(model, explained)}`
  return consolePage({ frame, console, title: words.say('explain.title'), crumbs, body })
}

function form({ frame: { words }, console: { base }, query, faults }: PolicyExplainPage): Html {
  const control = (name: 'url' | 'user' | 'from', hint: string, required = false): Html =>
    textControl(words, {
      name,
      label: words.say(`explain.${name}`),
      hint,
      value: query[name],
      required,
      fault: faults[name],
    })
  return html`<form class="filter" method="get" action="${`${base}/policy/explain`}">
    ${control('url', words.say('explain.url_hint'), true)}
    ${textControl(words, { name: 'method', label: words.say('explain.method'), value: query.method })}
    ${control('user', words.say('explain.user_hint'))}
    ${selectControl(words, {
      name: 'factors',
      label: words.say('explain.factors'),
      value: query.factors,
      options: ['1', '2'].map((value) => ({ value, text: value })),
    })}
    ${control('from', words.say('explain.from_hint'))}
    <button type="submit">${words.say('explain.button')}</button>
  </form>`
}

function answer({ frame: { words }, query }: PolicyExplainPage, explained: Explained): Html {
  const { report, disabled, version } = explained
  const { kind, reason, rule, app } = report
  return html`<section aria-labelledby="decided">
      <h2 id="decided">${words.say('explain.decided')}</h2>
      ${disabled !== null && html`<p class="alert">${words.say('explain.disabled', { login: disabled })}</p>`}
      <dl class="facts">
        ${fact(words.say('explain.decided'), outcomeBadge(words, kind))}
        ${reason !== null && fact(words.say('explain.because'), reasonText(words, reason))}
        ${rule !== null && fact(words.say('explain.rule'), ruleSaid(words, rule))}
        ${app !== null && fact(words.say('policy.app'), app)}
        ${fact(words.say('explain.asked'), asWritten(`${query.method} ${query.url}`))}
        ${fact(words.say('explain.by'), visitorText(words, explained))}
        ${fact(words.say('versions.version'), String(version))}
      </dl>
    </section>
    ${readings(words, report)}`
}

function ruleSaid(words: Words, { number, line, text }: NonNullable<ExplanationReport['rule']>): Value {
  return words.parts<'explain.rule_said', Value>('explain.rule_said', {
    number: String(number),
    line: String(line),
    text: asWritten(text),
  })
}

function visitorText(words: Words, { visitor }: Explained): string {
  if (visitor === null) return words.say('explain.by_nobody')
  const { login, roles } = visitor
  return words.say('explain.by_said', {
    login,
    roles: roles.length === 0 ? words.say('explain.no_roles') : roles.join(', '),
  })
}

function readings(words: Words, { readings: all }: ExplanationReport): Html {
  const sorted = [...all.filter(({ decides }) => decides), ...all.filter(({ decides }) => !decides)]
  const [first, second] = sorted
  const shown = (): Html => {
    if (first === undefined) return html`<p>${words.say('explain.no_readings')}</p>`
    if (second === undefined)
      return html`<p>${words.say('explain.one_reading')}</p>
        ${rulesTable(words, first)}`
    return html`<p>${words.say('explain.many_readings', { count: all.length })}</p>
      ${!first.decides && html`<p>${words.say('explain.together')}</p>`}
      ${sorted.map((reading, place) => readingPart(words, reading, place === 0))}`
  }
  return html`<section aria-labelledby="readings">
    <h2 id="readings">${words.say('explain.readings')}</h2>
    ${shown()}
  </section>`
}

function readingPart(words: Words, reading: ReadingReport, isOpen: boolean): Html {
  const { path, patterns, because, outcome, decides } = reading
  const rest = html`<summary>
      <span
        >${asWritten(path)} ${outcomeText(words, outcome)}
        ${decides && badge('plain', words.say('explain.reading_decides'))}</span
      >
    </summary>
    ${patterns !== 'as written' && html`<p>${words.parts('explain.patterns', { patterns: asWritten(patterns) })}</p>`}
    ${
      because !== null &&
      html`<p>${words.parts('explain.read_so', { servers: asWritten(because.servers), of: asWritten(because.of) })}</p>`
    }
    ${rulesTable(words, reading)}`
  return isOpen ? html`<details open>${rest}</details>` : html`<details>${rest}</details>`
}

function rulesTable(words: Words, { rules, outcome }: ReadingReport): Html {
  const others = rules.filter(({ missed }) => missed === 'path')
  const isCollapsed = others.length > MAX_OTHER_PATHS
  const looked = isCollapsed ? rules.filter(({ missed }) => missed !== 'path') : rules
  const shown = looked.slice(-MAX_RULES)
  const table = dataTable({
    caption: words.say('policy.rules'),
    columns: [
      { text: words.say('policy.number'), isNumber: true },
      { text: words.say('policy.line'), isNumber: true },
      words.say('explain.result'),
      words.say('policy.rule'),
    ],
    empty: html``,
    rows: shown.map((rule) => [String(rule.number), String(rule.line), resultOf(words, rule), asWritten(rule.text)]),
  })
  return html`${isCollapsed && html`<p>${words.say('explain.other_paths', { count: others.length })}</p>`}
  ${looked.length > shown.length && html`<p>${words.say('diff.more', { count: looked.length - shown.length })}</p>`}
  ${table} ${outcome === 'forbid no_rule' && html`<p>${words.say('explain.no_rule_matches')}</p>`}`
}

function resultOf(words: Words, { part, missed, outcome }: LookedAt): string {
  if (missed !== null) return words.say(`explain.missed_${missed}`)
  const said = outcomeText(words, outcome ?? '')
  if (part === 'watches') return words.say('explain.watches', { outcome: said })
  return words.say(part === 'adds' ? 'explain.adds' : 'explain.matches', { outcome: said })
}
