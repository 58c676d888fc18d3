import type { DecisionSum, RecordedDecision } from '../audit/read-decisions.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable, emptyState, exactMoment, fact, hrefOf, moment, pager } from './parts.ts'
import { asWritten, outcomeBadge, reasonText } from './policy-parts.ts'
import { textControl } from './user-fields.ts'

export interface DecisionsQuery {
  readonly user: string
  readonly app: string
  readonly since: string
}

export interface DecisionsPage extends Pick<ConsolePage, 'frame' | 'console' | 'problem'> {
  readonly query: DecisionsQuery
  readonly refusals: readonly RecordedDecision[]
  /** Shown on the first page alone. */
  readonly sums: readonly DecisionSum[]
  readonly after: string | null
  readonly isFirst: boolean
}

/** What was refused and why, and how often people used apps. */
export function decisionsPage(model: DecisionsPage): string {
  const { frame, console, query, problem = null, after, isFirst } = model
  const { words } = frame
  const path = `${console.base}/decisions`
  const body = html`<p>${words.say('decisions.intro')}</p>
    <form class="filter" method="get" action="${path}">
      ${textControl(words, { name: 'user', label: words.say('decisions.user'), value: query.user })}
      ${textControl(words, { name: 'app', label: words.say('decisions.app'), value: query.app })}
      ${textControl(words, {
        name: 'since',
        label: words.say('audit.since'),
        hint: words.say('audit.time_hint'),
        value: query.since,
      })}
      <button type="submit">${words.say('audit.search')}</button>
    </form>
    <h2>${words.say('decisions.refusals')}</h2>
    ${refusalTable(model, path)} ${pager(words, { path, query: { ...query }, after, isFirst })}
    ${isFirst && sumTable(words, model.sums)}`
  return consolePage({ frame, console, title: words.say('console.decisions'), problem, body })
}

function refusalTable({ frame: { words }, refusals }: DecisionsPage, path: string): Html {
  return dataTable({
    caption: words.say('decisions.refusals'),
    columns: [
      words.say('audit.time'),
      words.say('decisions.number'),
      { text: words.say('decisions.times'), isNumber: true },
      words.say('decisions.who'),
      words.say('decisions.from'),
      words.say('decisions.by'),
      words.say('decisions.what'),
      words.say('decisions.why'),
    ],
    empty: emptyState({ title: words.say('decisions.none'), text: words.say('decisions.none_text') }),
    rows: refusals.map((refusal) => [
      exactMoment(words, refusal.decidedAt),
      html`<a href="${`${path}/${refusal.id}`}">${refusal.id}</a>`,
      words.number(refusal.times),
      refusal.login ?? '–',
      refusal.clientAddress ?? '–',
      byText(words, refusal),
      asWritten(requestText(refusal)),
      reasonText(words, refusal.reason ?? refusal.kind),
    ]),
  })
}

function sumTable(words: Words, sums: readonly DecisionSum[]): Html {
  return html`<h2>${words.say('decisions.sums')}</h2>
    ${dataTable({
      caption: words.say('decisions.sums'),
      columns: [
        words.say('decisions.who'),
        words.say('decisions.app'),
        words.say('decisions.decision'),
        { text: words.say('decisions.count'), isNumber: true },
        words.say('decisions.first_hour'),
        words.say('decisions.last_hour'),
      ],
      empty: html`<p>${words.say('decisions.no_sums')}</p>`,
      rows: sums.map(({ login, userId, app, kind, count, firstHour, lastHour }) => [
        login ?? words.say(userId === null ? 'decisions.nobody' : 'decisions.gone'),
        app,
        outcomeBadge(words, kind),
        words.number(count),
        moment(words, firstHour),
        moment(words, lastHour),
      ]),
    })}`
}

export interface DecisionPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly decision: RecordedDecision
}

/** All that is kept of one decision. */
export function decisionPage({ frame, console, decision }: DecisionPage): string {
  const { words } = frame
  const { kind, reason, login, path, roles, clientAddress } = decision
  const crumbs = [{ text: words.say('console.decisions'), path: 'decisions' }]
  const facts: readonly (readonly [string, Value])[] = [
    [words.say('decisions.decision'), outcomeBadge(words, kind)],
    [words.say('decisions.why'), reason === null ? '–' : reasonText(words, reason)],
    [words.say('decisions.what'), asWritten(requestText(decision))],
    [words.say('decisions.reading'), decision.reading === null ? '–' : asWritten(decision.reading)],
    [words.say('decisions.by'), byText(words, decision)],
    [words.say('decisions.policy'), words.say('policy.version', { version: String(decision.policyVersion) })],
    [words.say('decisions.who'), login ?? words.say('decisions.nobody')],
    [words.say('decisions.roles'), roles.length === 0 ? words.say('explain.no_roles') : roles.join(', ')],
    [words.say('decisions.from'), clientAddress ?? '–'],
    [words.say('audit.time'), exactMoment(words, decision.decidedAt)],
    [words.say('decisions.times'), words.number(decision.times)],
    [words.say('decisions.last_at'), exactMoment(words, decision.lastAt)],
  ]
  const body = html`<dl class="facts">${facts.map(([term, value]) => fact(term, value))}</dl>
    ${decision.pathIsCut && html`<p>${words.say('decisions.cut')}</p>`}
    ${console.may('postern.policy:read') && path !== null && explainLink(words, console.base, decision)}`
  return consolePage({ frame, console, title: words.say('decisions.title', { id: decision.id }), crumbs, body })
}

function explainLink(words: Words, base: string, decision: RecordedDecision): Html {
  const { scheme, host, path, method, login, clientAddress, factorAges } = decision
  const href = hrefOf(`${base}/policy/explain`, {
    url: `${scheme}://${host}${path}`,
    method: method ?? '',
    user: login ?? '',
    from: clientAddress ?? '',
    factors: factorAges.length > 1 ? '2' : '1',
  })
  return html`<p class="bar"><a class="button second" href="${href}">${words.say('decisions.explain')}</a></p>`
}

function byText(words: Words, { app, rule }: RecordedDecision): string {
  if (app === null) return '–'
  return rule === null ? app : words.say('decisions.rule', { app, rule: String(rule) })
}

function requestText({ method, scheme, host, path }: RecordedDecision): string {
  return path === null ? '–' : `${method} ${scheme}://${host}${path}`
}
