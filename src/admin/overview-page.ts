import type { RecentEventRow } from '../audit/event-sums-table.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import type { OverviewFacts } from './overview-facts.ts'
import { liveRegion } from './live-region.ts'
import { badge, dataTable, emptyState, hrefOf, moment } from './parts.ts'
import { bars, lines } from './plot.ts'

export interface OverviewPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly facts: OverviewFacts
}

/** How things are now, with what of it the visitor may see. */
export function overviewPage({ frame, console, facts }: OverviewPage): string {
  const title = frame.words.say('console.overview')
  const { base } = console
  const content = overviewBody(frame.words, base, facts)
  const body = liveRegion(console, {
    id: 'overview',
    types: ['health', 'sign_in', 'session', 'refusal'],
    body: content,
  })
  return consolePage({ frame, console, title, body, script: 'live' })
}

/** What is drawn anew while somebody looks. */
function overviewBody(words: Words, base: string, facts: OverviewFacts): Html {
  const { hours, forbidden, latency, anomalies, events } = facts
  return html`${figures(words, facts)} ${parts(words, base, facts)} ${hours !== null && signInsPlot(words, hours)}
  ${forbidden !== null && forbiddenPlot(words, forbidden)} ${latency !== null && latencyPlot(words, latency)}
  ${anomalies !== null && eventList(words, base, { id: 'anomalies', rows: anomalies })}
  ${events !== null && eventList(words, base, { id: 'events', rows: events })}
  ${isBare(facts) && html`<p>${words.say('overview.little')}</p>`}`
}

function isBare(facts: OverviewFacts): boolean {
  return Object.values(facts).every((fact) => fact === null)
}

function figures(words: Words, { sessions, hours, forbidden }: OverviewFacts): Html | null {
  const sumOf = (kind: string): number => (hours ?? []).reduce((sum, { counts }) => sum + (counts[kind] ?? 0), 0)
  const shown = [
    ...(sessions === null
      ? []
      : [
          [words.say('overview.sessions'), sessions.sessions] as const,
          [words.say('overview.people'), sessions.people] as const,
        ]),
    ...(hours === null
      ? []
      : [
          [words.say('overview.signed_in'), sumOf('sign_in success')] as const,
          [words.say('overview.failed'), sumOf('sign_in failure')] as const,
        ]),
    ...(forbidden === null
      ? []
      : [[words.say('overview.forbidden'), forbidden.reduce((sum, { count }) => sum + count, 0)] as const]),
  ]
  if (shown.length === 0) return null
  return html`<dl class="figures">
    ${shown.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${words.number(value)}</dd>
        </div>`,
    )}
  </dl>`
}

function parts(words: Words, base: string, { health }: OverviewFacts): Html | null {
  if (health === null) return null
  const ailing = Object.entries(health.parts).filter(([, { status }]) => status !== 'ok')
  const link = html`<a href="${`${base}/system`}">${words.say('overview.health_link')}</a>`
  if (ailing.length === 0)
    return html`<p>${badge('ok', words.say('system.ok'))} ${words.say('overview.all_well')} ${link}</p>`
  return html`<section aria-labelledby="ailing">
    <h2 id="ailing">${words.say('overview.ailing')}</h2>
    <ul class="ailing">
      ${ailing.map(
        ([name, { status, detail }]) =>
          html`<li>
            ${badge(status === 'failing' ? 'bad' : 'warn', words.say(`system.${status}`))} <strong>${name}</strong>
            ${detail}
          </li>`,
      )}
    </ul>
    <p>${link}</p>
  </section>`
}

function signInsPlot(words: Words, hours: NonNullable<OverviewFacts['hours']>): Html {
  const of = (kind: string): number[] => hours.map(({ counts }) => counts[kind] ?? 0)
  const series = [
    { name: words.say('overview.signed_in'), look: 'good' as const, values: of('sign_in success') },
    { name: words.say('overview.failed'), look: 'bad' as const, values: of('sign_in failure') },
  ]
  const about = { id: 'sign-ins', title: words.say('overview.sign_ins_plot'), series }
  return bars({ ...about, ...byHour(words, hours), description: sums(words, series) })
}

function forbiddenPlot(words: Words, hours: NonNullable<OverviewFacts['forbidden']>): Html {
  const values = hours.map(({ count }) => count)
  const series = [{ name: words.say('overview.forbidden'), look: 'bad' as const, values }]
  const about = { id: 'forbidden', title: words.say('overview.forbidden_plot'), series }
  return bars({ ...about, ...byHour(words, hours), description: sums(words, series) })
}

function latencyPlot(words: Words, points: NonNullable<OverviewFacts['latency']>): Html {
  const title = words.say('overview.latency_plot')
  if (points.every(({ answered }) => answered === 0)) {
    return html`<section class="plot">
      <h2>${title}</h2>
      <p>${words.say('overview.latency_none')}</p>
    </section>`
  }
  const ms = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1_000)
  const last = points.findLast(({ answered }) => answered > 0)
  const show = (value: number): string => `${words.number(value)} ms`
  const said = (value: number | null | undefined): string => (value === null || value === undefined ? '–' : show(value))
  return lines({
    id: 'latency',
    title,
    description: words.say('overview.latency_said', {
      p50: said(ms(last?.p50 ?? null)),
      p99: said(ms(last?.p99 ?? null)),
    }),
    labels: points.map(({ at }) => clock(at)),
    labelsTitle: words.say('overview.minute'),
    series: [
      { name: 'p50', look: 'good', values: points.map(({ p50 }) => ms(p50)) },
      { name: 'p99', look: 'plain', values: points.map(({ p99 }) => ms(p99)) },
    ],
    show,
    tableTitle: words.say('overview.as_table'),
  })
}

function eventList(
  words: Words,
  base: string,
  { id, rows }: { readonly id: 'anomalies' | 'events'; readonly rows: readonly RecentEventRow[] },
): Html {
  const title = words.say(`overview.${id}`)
  const empty = emptyState({ title: words.say('overview.quiet'), text: words.say(`overview.no_${id}`) })
  const columns = [
    words.say('overview.time'),
    words.say('overview.what'),
    words.say('overview.who'),
    words.say('overview.about'),
    words.say('overview.from'),
  ]
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${dataTable({
      caption: title,
      columns,
      empty,
      rows: rows.map((row) => [
        moment(words, row.occurred_at),
        html`<a href="${hrefOf(`${base}/audit`, { type: row.event_type })}">${row.event_type}</a>`,
        row.actor_login ?? '–',
        row.resource ?? '–',
        row.ip_address ?? '–',
      ]),
    })}
  </section>`
}

interface HourLabels {
  readonly labels: readonly string[]
  readonly labelsTitle: string
  readonly show: (value: number) => string
  readonly tableTitle: string
}

function byHour(words: Words, hours: readonly { readonly hour: Date }[]): HourLabels {
  return {
    labels: hours.map(({ hour }) => clock(hour)),
    labelsTitle: words.say('overview.hour'),
    show: (value) => words.number(value),
    tableTitle: words.say('overview.as_table'),
  }
}

function sums(words: Words, series: readonly { readonly name: string; readonly values: readonly number[] }[]): string {
  const said = series.map(({ name, values }) => `${name}: ${words.number(values.reduce((sum, one) => sum + one, 0))}`)
  return words.say('overview.day_said', { sums: said.join(', ') })
}

/** Hour and minute in UTC. */
function clock(at: Date): string {
  return at.toISOString().slice(11, 16)
}
